"""The report of a run, as an object, as a file, and in the formats that people and tools read.

`structure` has the types; `building` makes a report out of what a run knows; `writing` and
`reading` are about the JSON file, `schema` about its schema; `formats` shows one report, `compare`
two and `matrix` several; `reproduction` repeats a failure; `outputs` has all files of one run.
"""
