// One app in many ways: what it sends, in how many requests, by what names, and by what rule its
// server takes it. Each way is right.
import Database from 'bench:sqlite'

const WAY = { sends: 'columns', requests: 'all', names: 'edit', rule: 'last' }
const TABLES = { customer: ['name', 'phone'], visit: ['customer', 'note', 'done'], photo: ['visit', 'caption'] }
let db, bench

export default {
  open(given) {
    bench = given
    db = new Database('app.db')
    db.exec('CREATE TABLE IF NOT EXISTS cursor(name TEXT PRIMARY KEY, value INTEGER)')
    db.exec('CREATE TABLE IF NOT EXISTS waiting(n INTEGER PRIMARY KEY, tbl TEXT, id TEXT, op TEXT)')
    for (const [table, columns] of Object.entries(TABLES)) {
      db.exec(`CREATE TABLE IF NOT EXISTS ${table}(id TEXT PRIMARY KEY, ${columns.join(', ')})`)
    }
  },

  edit({ id: edit, entity, kind, key, values }) {
    const there = db.prepare(`SELECT * FROM ${entity} WHERE id = ?`).get(key)
    if (kind === 'create' ? there : !there) return there ? 'exists' : 'missing'
    const name = WAY.names === 'edit' ? edit : crypto.randomUUID()
    const was = Object.fromEntries(Object.keys(values ?? {}).map(column => [column, there?.[column] ?? null]))
    db.transaction(() => {
      if (kind === 'delete') db.prepare(`DELETE FROM ${entity} WHERE id = ?`).run(key)
      else save(entity, { ...there, ...values, id: key })
      // The state of a row goes in the place of what waits of it.
      if (WAY.sends === 'rows') db.prepare('DELETE FROM waiting WHERE tbl = ? AND id = ?').run(entity, key)
      const op = { name, edit, kind, values: WAY.sends === 'rows' ? undefined : values, was }
      db.prepare('INSERT INTO waiting(tbl, id, op) VALUES(?, ?, ?)').run(entity, key, JSON.stringify(op))
    })()
  },

  async sync(unit) {
    while (await push() && WAY.requests === 'one');
    for (const table of unit.pull) await pull(table)
  },
  rows: table => db.prepare(`SELECT * FROM ${table}`).all(),
  pending: () => db.prepare('SELECT DISTINCT tbl, id FROM waiting').raw().all(),
}

function save(table, row) {
  const columns = ['id', ...TABLES[table]]
  db.prepare(`REPLACE INTO ${table}(${columns}) VALUES(${columns.map(() => '?')})`).run(...columns.map(name => row[name]))
}
// Takes the server's version of a row, unless something of it waits.
function take(table, row, isGone) {
  if (db.prepare('SELECT 1 FROM waiting WHERE tbl = ? AND id = ?').get(table, row.id)) return
  if (isGone) db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(row.id)
  else save(table, row)
}
async function ask(path, body) {
  const response = await fetch(path, body && { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.json()
}

async function push() {
  const waiting = db.prepare(`SELECT * FROM waiting ORDER BY n ${WAY.requests === 'one' ? 'LIMIT 1' : ''}`).all()
  if (waiting.length === 0) return false
  const ops = waiting.map(({ tbl, id, op }) => {
    const { edit, was, ...rest } = JSON.parse(op)
    if (WAY.sends === 'columns') return { table: tbl, id, ...rest, was }
    const { kind, name } = rest
    return { table: tbl, id, name, ...(kind === 'delete' ? { deleted: true } : db.prepare(`SELECT * FROM ${tbl} WHERE id = ?`).get(id)) }
  })
  const { results, rows } = await ask('/push', { ops })
  db.transaction(() => {
    for (const [at, { n, id, op }] of waiting.entries()) {
      if (!results[at].ok && db.prepare('SELECT 1 FROM waiting WHERE n = ?').get(n)) bench.log(WAY.names === 'edit' ? { id, edit: JSON.parse(op).edit } : { id })
      db.prepare('DELETE FROM waiting WHERE n = ?').run(n)
    }
    for (const { table, row } of rows) take(table, row, row._deleted)
  })()
  return true
}
async function pull(table) {
  const since = db.prepare('SELECT value FROM cursor WHERE name = ?').get(table)?.value ?? 0
  const { rows, deleted, cursor } = await ask(`/pull?table=${table}&since=${since}`)
  db.transaction(() => {
    for (const row of rows) take(table, row, false)
    for (const id of deleted) take(table, { id }, true)
    db.prepare('REPLACE INTO cursor VALUES(?, ?)').run(table, cursor)
  })()
}

// ---- the server ----
const plain = value => (typeof value === 'boolean' ? Number(value) : value ?? null)
const RULES = {
  // The last write wins.
  last: (op, values) => values,
  // What somebody changed since the phone read it stays.
  keeps: (op, values, now) => Object.fromEntries(Object.entries(values).filter(([name]) => !now || now._deleted || plain(now[name]) === plain(op.was?.[name]))),
  // A note that begins with a letter of the first half is not taken.
  refuses: (op, values) => (/^[a-m]/i.test(values.note ?? '') ? null : values),
  // A note has twenty letters at most.
  cuts: (op, values) => (values.note?.length > 20 ? { ...values, note: values.note.slice(0, 20) } : values),
}
function apply({ table, id, name, kind, deleted, ...op }, db) {
  const key = WAY.names === 'none' ? {} : { key: name }
  if (kind === 'delete' || deleted) return db.remove(table, id, key)
  const now = db.get(table, id)
  const { was, values, ...row } = op
  const taken = RULES[WAY.rule](op, values ?? row, now)
  if (!taken) return db.refuse(table, id, key)
  if (Object.keys(taken).length === 0) return { ok: true }
  return db.put(table, { id, ...taken }, key)
}
export const server = {
  pull: (since, { table, db }) => db.changes(table, since),
  push({ ops }, { db }) {
    db.sql.exec('CREATE TABLE IF NOT EXISTS done(name TEXT PRIMARY KEY, result TEXT)')
    const results = ops.map(op => {
      const old = db.sql.prepare('SELECT result FROM done WHERE name = ?').get(op.name)
      if (old) return JSON.parse(old.result)
      const { ok, why } = apply(op, db)
      db.sql.prepare('INSERT INTO done VALUES(?, ?)').run(op.name, JSON.stringify({ ok, why }))
      return { ok, why }
    })
    const rows = ops.map(({ table, id }) => ({ table, row: db.get(table, id) ?? { id, _deleted: true } }))
    return { results, rows }
  },
}
