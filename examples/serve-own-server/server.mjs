// A small backend: a pull since a number, and a push of edits, each of which is done once.
// Its hooks tell `syncdyno serve` what it begins with, what it commits, and what it has at rest.
//   node server.mjs [--port 3000] [--hooks http://127.0.0.1:8484]
import http from 'node:http'

const option = (name, preset) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : preset
const hooks = `${option('--hooks', 'http://127.0.0.1:8484')}/_syncdyno/observe`
const hives = new Map(), done = new Map()
let last = 0

// The hooks: a few lines, in an order, and only where tests run. `serve` adds the times.
let before = Promise.resolve(), rest
const tell = line => {
  before = before.then(async () => {
    const response = await fetch(hooks, { method: 'POST', body: JSON.stringify(line) })
    if (!response.ok) console.error(`hook: ${await response.text()}`)
  }).catch(error => console.error(`hook: ${error.cause?.code ?? error.message}`))
}
const tellAtRest = () => {
  clearTimeout(rest)
  rest = setTimeout(() => {
    const rows = [...hives].map(([id, { colony, frames }]) => ({ id, colony, frames }))
    tell({ kind: 'backend', entity: 'hive', rows })
  }, 2000)
}

for (let n = 1; n <= 12; n++) {
  const values = { colony: `colony ${n}`, frames: 8 }
  hives.set(`h${n}`, { ...values, seq: ++last })
  tell({ kind: 'row', entity: 'hive', key: `h${n}`, values })
}
tellAtRest()

function apply(phone, { id, key, values }) {
  if (done.has(id)) return // The answer was lost, and the edit comes again.
  const hive = { ...hives.get(key), ...values, seq: ++last }
  hives.set(key, hive)
  done.set(id, true)
  const { seq, ...all } = hive
  tell({ kind: 'commit', entity: 'hive', key, values: all, seq, by: { device: phone, edit: id } })
  tellAtRest()
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  const say = (status, body) => {
    const text = JSON.stringify(body)
    const length = Buffer.byteLength(text)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': length }).end(text)
  }
  if (request.method === 'GET' && url.pathname === '/hives') {
    const after = Number(url.searchParams.get('after') ?? 0)
    const rows = [...hives].filter(([, hive]) => hive.seq > after).map(([id, hive]) => ({ id, ...hive }))
    return say(200, { rows, last })
  }
  if (request.method !== 'POST' || url.pathname !== '/hives') return say(404, { error: 'no such path' })
  let text = ''
  for await (const part of request) text += part
  const { phone, edits } = JSON.parse(text)
  for (const edit of edits) apply(phone, edit)
  say(200, { done: edits.map(edit => edit.id) })
}).listen(Number(option('--port', 3000)), '127.0.0.1')
