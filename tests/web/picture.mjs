// The README's picture, of a pipeline that runs:  node tests/web/picture.mjs [URL] [FILE]
// Let `make run` go on for some minutes before, so that the charts are full.
import { chromium } from "playwright-core";

const [url = "http://127.0.0.1:8080/", file = "docs/live-page.png"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 740 } });

await page.goto(url);
// two values in a row on every card: the stream is up
await page.waitForFunction(() => document.querySelectorAll("article").length >= 3 ||
	document.querySelectorAll(".card").length >= 3);
await page.waitForTimeout(4000);
await page.screenshot({ path: file });
await browser.close();
