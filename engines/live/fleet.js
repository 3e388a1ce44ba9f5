// The phones of a session: node fleet.js ENGINE URL HISTORY. People make the edits of HISTORY, which `replay --history` wrote of
// the same scenario with the same engine: the same intents at the same times. A phone is a process of Node, or with the engine
// `chromium` a context of a browser (CHROMIUM names it), in which PouchDB keeps its rows in IndexedDB.
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import play from './phone.js'

const [engine, url, history, speed = '1', self] = process.argv.slice(2)
const ORIGIN = process.env.ORIGIN ?? 'http://localhost:5173'
const LENGTH = 80_000

/** What each person does and when, in milliseconds of the script. */
function scripts() {
  const lines = readFileSync(history, 'utf8').trim().split('\n').map(line => JSON.parse(line))
  const end = lines.find(line => line.kind === 'history')
  const start = Date.parse('2026-03-02T08:00:00+01:00')
  return Object.keys(end.devices).map((device, at) => {
    const of = lines.filter(line => line.device === device).map(line => ({ ...line, at: Date.parse(line.at) - start }))
    const edits = of.filter(line => line.kind === 'edit').sort((a, b) => a.at - b.at)
    return { name: `phones-${at + 1}`, script: { login: of.find(line => line.kind === 'sync-start').at, edits } }
  })
}

/** A place where all meet before any goes on. */
function meeting(count) {
  let waiting = []
  return () => new Promise(goes => {
    waiting.push(goes)
    if (waiting.length < count) return
    for (const each of waiting) each()
    waiting = []
  })
}

function child(wishes, meet) {
  const of = fork(import.meta.filename, [engine, url, history, speed, JSON.stringify(wishes)])
  of.on('message', () => meet().then(() => of.send('go')))
  return new Promise((ends, fails) => of.on('exit', code => code === 0 ? ends() : fails(new Error(`${wishes.name} ended with ${code}`))))
}

/** A module of the page, or the library. */
const served = path => ({
  '/': ['text/html', '<script src="/library.js"></script><script type="importmap">{"imports":{"pouchdb":"/pouch.js"}}</script>'],
  '/pouch.js': ['text/javascript', 'export default PouchDB'],
  '/library.js': ['text/javascript', () => readFileSync(join(import.meta.dirname, 'node_modules/pouchdb/dist/pouchdb.min.js'))],
})[path] ?? ['text/javascript', () => readFileSync(join(import.meta.dirname, path))]

/** The page's own server, on the origin that `serve` was told of. */
const pages = createServer((request, response) => {
  try {
    const [type, body] = served(request.url)
    const text = typeof body === 'string' ? body : body()
    response.writeHead(200, { 'content-type': type }).end(text)
  } catch {
    response.writeHead(404).end()
  }
})

async function context(browser, wishes, meet) {
  const page = await (await browser.newContext()).newPage()
  page.on('pageerror', error => console.error(`${wishes.name}: ${error.message}`))
  await page.exposeFunction('meet', meet)
  await page.exposeFunction('says', line => console.error(line))
  await page.goto(ORIGIN)
  await page.evaluate(async wishes => {
    const [{ default: play }, { default: open }] = await Promise.all([import('/phone.js'), import('/pouchdb.js')])
    await play(open, { ...wishes, meet: window.meet, says: window.says })
  }, wishes)
}

if (self) {
  const { default: open } = await import(`./${engine}.js`)
  const folder = mkdtempSync(join(tmpdir(), 'phone-'))
  const meet = () => new Promise(goes => {
    process.once('message', goes)
    process.send('here')
  })
  await play(wishes => open({ ...wishes, folder: `${folder}/` }), { ...JSON.parse(self), meet, says: line => console.error(line) })
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
}
const phones = scripts().map(phone => ({ ...phone, url, length: LENGTH, speed: Number(speed) }))
const meet = meeting(phones.length)
if (engine === 'chromium') {
  const { chromium } = await import('playwright-core')
  await new Promise(opened => pages.listen(new URL(ORIGIN).port, 'localhost', opened))
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] })
  await Promise.all(phones.map(phone => context(browser, phone, meet)))
  await browser.close()
  pages.close()
} else await Promise.all(phones.map(phone => child(phone, meet)))
