// Opens reports in a browser and holds them against what a page must be. See `run` beside this file.

const { chromium } = require("playwright-core");
const path = require("node:path");

const [browserPath, shots, ...pages] = process.argv.slice(2);
const WIDTHS = [400, 1400];
const SCHEMES = ["light", "dark"];
// Contrast of letters, WCAG 2.2 criterion 1.4.3; large letters may have less.
const CONTRAST = 4.5;
const CONTRAST_LARGE = 3;

let passed = 0;
const failed = [];

function check(where, what, faults) {
  if (faults.length === 0) {
    passed += 1;
  } else {
    failed.push(`${where}: ${what}: ${faults.slice(0, 6).join("; ")}${faults.length > 6 ? ` and ${faults.length - 6} more` : ""}`);
  }
}

// What follows runs inside the page, from outside: the page's own scripting is off.

function overflow() {
  const width = document.documentElement.clientWidth;
  const faults = [];
  if (document.documentElement.scrollWidth > width) {
    faults.push(`the page is ${document.documentElement.scrollWidth} px wide on ${width}`);
  }
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest(".scroll, pre, svg") && !element.matches(".scroll, pre, svg")) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 0.5 || box.left < -0.5)) {
      faults.push(`<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ends at ${Math.round(box.right)}`);
    }
  }
  return faults;
}

function labels() {
  const faults = [];
  for (const svg of document.querySelectorAll("svg.plot")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const title = svg.querySelector("title").textContent;
    const boxes = [...svg.querySelectorAll("text")].map((text) => {
      const box = text.getBoundingClientRect();
      // A box has room for accents and descenders that no letter here takes.
      const slack = box.height * 0.2;
      return { text: text.textContent, left: box.left, right: box.right, top: box.top + slack, bottom: box.bottom - slack, size: box.height };
    });
    boxes.forEach((a, i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1 || a.top < frame.top - 1) {
        faults.push(`"${a.text}" leaves "${title}"`);
      }
      if (a.size < 11) faults.push(`"${a.text}" is ${a.size.toFixed(1)} px high in "${title}"`);
      for (const b of boxes.slice(i + 1)) {
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
          faults.push(`"${a.text}" lies over "${b.text}" in "${title}"`);
        }
      }
    });
  }
  return faults;
}

function contrast([least, leastLarge]) {
  const parse = (color) => {
    const numbers = (color.match(/[\d.]+/g) ?? []).map(Number);
    return numbers.length < 3 ? null : { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const over = (top, alpha, below) => top.map((c, i) => c * alpha + below[i] * (1 - alpha));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color && color.alpha > 0) layers.push(color);
      if (color && color.alpha === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer.rgb, layer.alpha, below), [255, 255, 255]);
  };
  // Below a label lie the shapes of its plot that were drawn before it.
  const drawn = (text) => {
    const svg = text.closest("svg");
    const box = text.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    let below = paper(svg.parentElement);
    for (const shape of svg.querySelectorAll("rect, path")) {
      if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING) continue;
      const style = getComputedStyle(shape);
      const fill = style.fill === "none" ? null : parse(style.fill);
      const place = shape.getBoundingClientRect();
      if (fill && x > place.left && x < place.right && y > place.top && y < place.bottom && shape.tagName === "rect") {
        below = over(fill.rgb, fill.alpha * Number(style.opacity), below);
      }
    }
    return below;
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(element)) continue;
    seen.add(element);
    if (element.closest("title, desc, style") || element.getBoundingClientRect().width === 0) continue;
    const style = getComputedStyle(element);
    const letters = element.tagName === "text";
    const ink = parse(letters ? style.fill : style.color);
    const below = letters ? drawn(element) : paper(element);
    const [a, b] = [luminance(over(ink.rgb, ink.alpha, below)), luminance(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600);
    if (ratio < (large ? leastLarge : least)) {
      faults.push(`"${element.textContent.trim().slice(0, 30)}" has ${ratio.toFixed(2)} : 1`);
    }
  }
  return faults;
}

async function look(browser, file, width, scheme) {
  const name = path.basename(path.dirname(file));
  const where = `${name} ${width} px ${scheme}`;
  const url = `file://${path.resolve(file)}`;
  const context = await browser.newContext({
    javaScriptEnabled: false,
    offline: true,
    colorScheme: scheme,
    viewport: { width, height: 900 },
  });
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => request.url() !== url && requests.push(request.url()));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.screenshot({ path: path.join(shots, `${name}-${width}-${scheme}.png`), fullPage: true });
  check(where, "overflow", await page.evaluate(overflow));
  check(where, "labels", await page.evaluate(labels));
  check(where, "contrast", await page.evaluate(contrast, [CONTRAST, CONTRAST_LARGE]));
  // What is folded away must be as good once it is opened.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => details.setAttribute("open", "")));
  check(where, "overflow, unfolded", await page.evaluate(overflow));
  check(where, "labels, unfolded", await page.evaluate(labels));
  check(where, "contrast, unfolded", await page.evaluate(contrast, [CONTRAST, CONTRAST_LARGE]));
  check(where, "requests", requests);
  check(where, "complaints of the browser", complaints);
  await context.close();
}

async function print(browser, file) {
  const name = path.basename(path.dirname(file));
  const context = await browser.newContext({ javaScriptEnabled: false, offline: true, colorScheme: "dark", viewport: { width: 794, height: 1123 } });
  const page = await context.newPage();
  await page.goto(`file://${path.resolve(file)}`);
  await page.emulateMedia({ media: "print" });
  await page.screenshot({ path: path.join(shots, `${name}-print.png`), fullPage: true });
  check(`${name} on paper`, "labels", await page.evaluate(labels));
  check(`${name} on paper`, "contrast", await page.evaluate(contrast, [CONTRAST, CONTRAST_LARGE]));
  const white = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  check(`${name} on paper`, "paper is white, whatever the screen is", white === "rgb(255, 255, 255)" ? [] : [white]);
  await page.pdf({ path: path.join(shots, `${name}.pdf`), format: "A4" });
  await context.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
  for (const file of pages) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) await look(browser, file, width, scheme);
    }
    await print(browser, file);
  }
  await browser.close();
  for (const line of failed) console.error(line);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1);
})();
