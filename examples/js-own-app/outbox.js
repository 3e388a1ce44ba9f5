// The same app with an outbox: each edit is an operation of its own, with a name, and a request has
// all that wait, several of one row among them. The server remembers names.
import Database from 'bench:sqlite'

const TABLES = { customer: ['name', 'phone'], visit: ['customer', 'note', 'done'], photo: ['visit', 'caption'] }
let db, bench

export default {
  open(given) {
    bench = given
    db = new Database('app.db')
    db.exec('CREATE TABLE IF NOT EXISTS cursor(name TEXT PRIMARY KEY, value INTEGER)')
    db.exec('CREATE TABLE IF NOT EXISTS outbox(n INTEGER PRIMARY KEY, name TEXT, tbl TEXT, id TEXT, op TEXT)')
    for (const [table, columns] of Object.entries(TABLES)) {
      db.exec(`CREATE TABLE IF NOT EXISTS ${table}(id TEXT PRIMARY KEY, ${columns.join(', ')})`)
    }
  },

  // What is shown and what is to be sent are one transaction.
  edit({ entity, kind, key, values }) {
    const there = db.prepare(`SELECT * FROM ${entity} WHERE id = ?`).get(key)
    if (kind === 'create' ? there : !there) return there ? 'exists' : 'missing'
    db.transaction(() => {
      if (kind === 'delete') db.prepare(`DELETE FROM ${entity} WHERE id = ?`).run(key)
      else save(entity, { ...there, ...values, id: key })
      const put = db.prepare('INSERT INTO outbox(name, tbl, id, op) VALUES(?, ?, ?, ?)')
      put.run(crypto.randomUUID(), entity, key, JSON.stringify({ kind, values }))
    })()
  },

  async sync(unit) {
    await push()
    for (const table of unit.pull) await pull(table)
  },

  rows: table => db.prepare(`SELECT * FROM ${table}`).all(),
  pending: () => db.prepare('SELECT DISTINCT tbl, id FROM outbox').raw().all(),
}

function save(table, row) {
  const columns = ['id', ...TABLES[table]]
  db.prepare(`REPLACE INTO ${table}(${columns}) VALUES(${columns.map(() => '?')})`).run(...columns.map(name => row[name]))
}

// Takes the server's version of a row, unless an operation on it waits here.
function take(table, row, isGone) {
  if (db.prepare('SELECT 1 FROM outbox WHERE tbl = ? AND id = ?').get(table, row.id)) return
  if (isGone) db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(row.id)
  else save(table, row)
}

async function ask(path, body) {
  const response = await fetch(path, body && { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.json()
}

async function push() {
  const waiting = db.prepare('SELECT * FROM outbox ORDER BY n').all()
  if (waiting.length === 0) return
  const ops = waiting.map(({ name, tbl, id, op }) => ({ name, table: tbl, id, ...JSON.parse(op) }))
  const { refused } = await ask('/push', { ops })
  db.transaction(() => {
    for (const { n } of waiting) db.prepare('DELETE FROM outbox WHERE n = ?').run(n)
    for (const { table, row } of refused) {
      // Here the app shows its person what was not taken.
      bench.log({ id: row.id })
      take(table, row, row._deleted)
    }
  })()
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

// The server: operations one by one, in their order.
export const server = {
  pull: (since, { table, db }) => db.changes(table, since),
  push({ ops }, { db }) {
    const refused = []
    for (const { name, table, kind, id, values } of ops) {
      const { ok, current } = kind === 'delete' ? db.remove(table, id, { key: name }) : db.put(table, { id, ...values }, { key: name })
      if (!ok) refused.push({ table, row: current ?? { id, _deleted: true } })
    }
    return { refused }
  },
}
