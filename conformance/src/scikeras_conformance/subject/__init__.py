"""Who is judged: how a subject is named, found and identified."""
