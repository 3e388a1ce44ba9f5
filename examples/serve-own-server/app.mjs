// A small offline-first app: rows, an outbox, a loop that pushes and pulls. Its hooks tell
// `syncdyno serve` what its person does, and at the end what it shows and what waits.
//   node app.mjs NAME [--careless] [--seconds N] [--url http://127.0.0.1:8484]
const { argv } = process
const option = (name, preset) => argv.includes(name) ? argv[argv.indexOf(name) + 1] : preset
const [name, careless] = [argv[2] ?? 'ann', argv.includes('--careless')]
const base = `${option('--url', 'http://127.0.0.1:8484')}/d/${name}`
const sleep = ms => new Promise(over => setTimeout(over, ms))
const rows = new Map(), outbox = []
let after = 0, made = 0

async function ask(path, body) {
  const options = body && { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(base + path, { ...options, signal: AbortSignal.timeout(5000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return text && JSON.parse(text) // A captive portal's page is no JSON.
}
// The hook: one line, only where tests run.
const tell = line => ask('/_syncdyno/observe', line)

async function edit(key, kind, values) {
  const id = `${name}-${++made}`
  rows.set(key, { ...rows.get(key), ...values })
  outbox.push({ id, key, values })
  await tell({ kind: 'edit', id, entity: 'hive', key, do: kind, values })
}

async function sync() {
  // Who empties the outbox before the answer has come loses what was on its way.
  const edits = careless ? outbox.splice(0) : [...outbox]
  if (edits.length) {
    const { done } = await ask('/hives', { phone: name, edits })
    if (!careless) outbox.splice(0, edits.length, ...edits.filter(edit => !done.includes(edit.id)))
  }
  const page = await ask(`/hives?after=${after}`)
  for (const { id, seq, ...values } of page.rows) {
    if (!outbox.some(edit => edit.key === id)) rows.set(id, values)
  }
  after = page.last
}

const end = Date.now() + 1000 * option('--seconds', 50)
const mine = [...'123456'].map(n => `h${Number(n) + (name < 'b' ? 0 : 6)}`)
while (Date.now() < end || outbox.length) {
  await sync().catch(error => console.error(`${name}: ${error.cause?.code ?? error.message}`))
  if (rows.size && Date.now() < end) {
    // Each edit has a row of its own: no later one brings what was lost.
    const key = mine.shift()
    if (key) await edit(key, 'update', { frames: 9 })
    else await edit(`${name}-swarm-${made}`, 'create', { colony: `swarm of ${name}`, frames: 5 })
  }
  await sleep(500)
}
await sleep(4000)
await sync()
await tell({ kind: 'shows', entity: 'hive', rows: [...rows].map(([id, row]) => ({ id, ...row })) })
await tell({ kind: 'waits', edits: outbox.map(edit => edit.id) })
