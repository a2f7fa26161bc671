// The HTML pages in a real browser: node --test. PAGES is their folder, CHROMIUM the browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = process.env.PAGES;
const names = ["run", "no-subject", "conformant", "not-met", "matrix"];
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
});

after(() => browser?.close());

// Opens a page, and keeps what it asked the network for and what it complained about.
const open = async (name, colorScheme = "light", options = {}) => {
  // axe is put into the page from outside, which the page's own policy forbids.
  const context = await browser.newContext({ colorScheme, bypassCSP: true, ...options });
  const page = await context.newPage();
  const seen = { requests: [], errors: [], dialogs: 0 };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  page.on("dialog", (dialog) => { seen.dialogs += 1; dialog.dismiss(); });
  await page.goto(pathToFileURL(`${folder}/${name}.html`).href);
  return { page, seen, context };
};

for (const name of names) {
  for (const scheme of ["light", "dark"]) {
    describe(`${name}, ${scheme}`, () => {
      test("keeps the rules of accessibility, with everything open", async () => {
        const { page, context } = await open(name, scheme);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one, index) => {
          one.open = index < 30;
        }));
        await page.evaluate(axe);
        const { violations, passes } = await page.evaluate(() => window.axe.run(document));
        const found = violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
        assert.deepEqual([], found);
        assert.ok(passes.length > 10);
        if (process.env.SCREENSHOTS) {
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${scheme}.png` });
        }
        await context.close();
      });
    });
  }
  test(`${name} asks for nothing but itself, and runs nothing of a subject`, async () => {
    const { page, seen, context } = await open(name, "light", { bypassCSP: false });
    assert.deepEqual([`${name}.html`], seen.requests.map((url) => url.split("/").at(-1)));
    assert.deepEqual([], seen.errors);
    assert.equal(0, seen.dialogs);
    const scripts = await page.locator("body script").count();
    assert.equal(name === "matrix" ? 0 : 1, scripts);
    await context.close();
  });
}

test("a script in a message is text", async () => {
  const { page, seen, context } = await open("not-met");
  const text = await page.locator("main").innerText();
  assert.match(text, /<script>alert\(1\)<\/script>/);
  assert.equal(0, seen.dialogs);
  await context.close();
});

test("500 results can be filtered by chapter, level, result and text, with the keyboard alone", async () => {
  const { page, context } = await open("run");
  const rows = page.locator("li[data-outcome]");
  const visible = () => page.locator("li[data-outcome]:not([hidden])").count();
  assert.equal(500, await rows.count());
  assert.equal("500 of 500 results shown", await page.locator("#shown").innerText());
  await page.keyboard.press("Tab"); // the link that skips
  assert.equal("Skip to the content", await page.locator(":focus").innerText());
  await page.locator("select[name=chapter]").focus();
  await page.keyboard.type("TGT");
  const inChapter = await page.locator("li[data-chapter=TGT]").count();
  assert.ok(inChapter > 0 && inChapter < 500);
  assert.equal(inChapter, await visible());
  assert.equal(`${inChapter} of 500 results shown`, await page.locator("#shown").innerText());
  // What a filter finds is unfolded.
  assert.equal(inChapter, await page.locator("li[data-outcome]:visible").count());
  await page.locator("select[name=chapter]").selectOption("");
  await page.locator("select[name=outcome]").selectOption("failed");
  assert.equal(await page.locator("li[data-outcome=failed]").count(), await visible());
  await page.locator("select[name=level]").selectOption("MUST");
  assert.equal(await page.locator("li[data-outcome=failed][data-level=MUST]").count(), await visible());
  await page.locator("select[name=level]").selectOption("");
  await page.locator("select[name=outcome]").selectOption("");
  await page.locator("input[name=text]").fill("case-101");
  assert.equal(1, await visible());
  await page.locator("input[name=text]").press("Enter");
  assert.equal(1, await visible());
  await page.locator("input[name=text]").fill("");
  assert.equal(500, await visible());
  assert.ok(await page.locator("li[data-outcome]:visible").count() < 500);
  await context.close();
});

test("the first screen tells chapters and causes, and a link unfolds a cause", async () => {
  const { page, context } = await open("run");
  for (const part of [".bars", ".top"]) {
    const box = await page.locator(part).boundingBox();
    assert.ok(box && box.y < 720, part);
  }
  const link = page.locator(".top a").nth(1);
  const cause = page.locator(await link.getAttribute("href"));
  assert.equal(false, await cause.evaluate((one) => one.open));
  await link.click();
  assert.equal(true, await cause.evaluate((one) => one.open));
  await context.close();
});

test("a cause opens with the keyboard, and tells clause, impact, message, traceback and command", async () => {
  const { page, context } = await open("run");
  const cause = page.locator("details.cause").nth(1);
  for (const part of [cause, cause.locator("details.example")]) {
    await part.locator("> summary").focus();
    await page.keyboard.press("Enter");
    assert.equal(true, await part.evaluate((one) => one.open));
  }
  const text = await cause.innerText();
  assert.match(text, /[A-Z]+-[0-9]+/);
  for (const word of ["Cause of ", "Impact:", "Message", "Traceback", "Reproduce", "src/toy/wrappers.py:41"]) {
    assert.ok(text.includes(word), word);
  }
  await context.close();
});

test("without scripts everything is there, and no filter that does nothing", async () => {
  const { page, context } = await open("run", "light", { javaScriptEnabled: false });
  assert.equal(500, await page.locator("li[data-outcome]").count());
  assert.equal(0, await page.locator("form:visible").count());
  await context.close();
});

test("on a narrow screen nothing is cut off", async () => {
  const { page, context } = await open("run", "light", { viewport: { width: 360, height: 700 } });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `${width} pixels`);
  await context.close();
});
