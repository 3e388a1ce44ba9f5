// A small offline-first app: a store, an outbox, a loop that pushes and pulls. Its test hooks tell
// `syncdyno serve` what its person does and what it shows.
//   node app.js NAME [--careless] [--seconds N] [--url http://127.0.0.1:8484]
const { argv } = process
const option = (name, preset) => argv.includes(name) ? argv[argv.indexOf(name) + 1] : preset
const [name, careless] = [argv[2] ?? 'anna', argv.includes('--careless')]
const base = `${option('--url', 'http://127.0.0.1:8484')}/d/${name}`
const sleep = ms => new Promise(done => setTimeout(done, ms))
const rows = new Map(), outbox = []
let cursor = '', made = 0

async function ask(path, body) {
  const options = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(base + path, { ...options, signal: AbortSignal.timeout(8000) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.status === 204 ? null : response.json()
}
const observe = line => ask('/_syncdyno/observe', line)

async function edit(key, kind, values) {
  const edit = { id: `${name}-${++made}`, entity: 'visit', key, kind, values }
  rows.set(key, { ...rows.get(key), ...values })
  outbox.push(edit)
  await observe({ kind: 'edit', id: edit.id, entity: 'visit', key, do: kind, values })
}

async function sync() {
  const edits = careless ? outbox.splice(0) : [...outbox]
  if (edits.length) {
    const { results } = await ask('/push', { edits })
    const kept = new Set(results.filter(it => it.status === 'later').map(it => it.id))
    if (!careless) outbox.splice(0, edits.length, ...edits.filter(it => kept.has(it.id)))
  }
  for (let more = true; more;) {
    const page = await ask(`/pull?since=${cursor}&limit=20`)
    for (const row of page.rows) {
      if (outbox.some(it => it.key === row.key)) continue
      if (row.deleted) rows.delete(row.key)
      else rows.set(row.key, row.values)
    }
    ;[cursor, more] = [page.cursor, page.more]
  }
}

const end = Date.now() + 1000 * option('--seconds', 125)
const touched = new Set()
while (Date.now() < end || outbox.length) {
  await sync().catch(error => console.error(`${name}: ${error.cause?.code ?? error.message}`))
  if (rows.size && Date.now() < end) {
    // Each edit has a row of its own, as no later one is to bring what was lost: first some of the
    // scenario's, by turns with the other phone, then new ones.
    const isMine = key => parseInt(key.at(-1), 16) % 2 === (name < 'b' ? 0 : 1) && !touched.has(key)
    const key = touched.size < 10 ? [...rows.keys()].find(isMine) : undefined
    const note = `${name} ${made}`
    touched.add(key)
    if (key) await edit(key, 'update', { note })
    else await edit(crypto.randomUUID(), 'create', { note, done: false })
  }
  await sleep(1000)
}
await sleep(3000)
await sync()
await observe({ kind: 'shows', entity: 'visit', rows: [...rows].map(([id, row]) => ({ id, ...row })) })
await observe({ kind: 'waits', edits: outbox.map(it => it.id) })
