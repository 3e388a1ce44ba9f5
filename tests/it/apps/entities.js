// An app that keeps rows with their entity tags, and syncs by OData V4 or by Datasync's tables: what
// it changed goes out with `If-Match`, and of two who changed a row the second sees the first's.
import Database from 'bench:sqlite'

const PROTOCOL = 'odata'
const CONDITION = tag => ({ 'If-Match': tag })
const COLUMNS = ['title', 'state', 'hours']
let db, bench

export default {
  open(given) {
    bench = given
    db = new Database('app.db')
    db.exec('CREATE TABLE IF NOT EXISTS cursor(name TEXT PRIMARY KEY, value TEXT)')
    // `dirty` names the last change that the server has not taken; without a tag the row is our own.
    db.exec(`CREATE TABLE IF NOT EXISTS task(id TEXT PRIMARY KEY, ${COLUMNS.join(', ')}, tag TEXT, dirty TEXT)`)
  },
  edit({ kind, key, values }) {
    const there = db.prepare('SELECT * FROM task WHERE id = ?').get(key)
    if (kind === 'create' ? there : !there) return there ? 'exists' : 'missing'
    save({ tag: null, ...there, ...values, id: key, dirty: crypto.randomUUID() })
  },
  async sync() {
    await push()
    await pull()
  },
  rows: () => db.prepare(`SELECT id, ${COLUMNS} FROM task`).all(),
  pending: () => db.prepare('SELECT id FROM task WHERE dirty IS NOT NULL').all().map(row => ['task', row.id]),
}

function save(row) {
  const names = ['id', ...COLUMNS, 'tag', 'dirty']
  db.prepare(`REPLACE INTO task(${names}) VALUES(${names.map(() => '?')})`).run(...names.map(name => row[name] ?? null))
}

const APIS = {
  odata: {
    tag: row => row['@odata.etag'],
    gone: row => row['@removed'] !== undefined,
    create: row => ask('/task', 'POST', row, {}),
    change: row => ask(`/task('${row.id}')`, 'PATCH', row, { ...CONDITION(row.tag), Prefer: 'return=representation' }),
    // A failed condition says no more than that.
    current: async (row, _) => fetch(`/task('${row.id}')`),
    async pull(cursor) {
      const response = await fetch('/' + (cursor ?? 'task'), { headers: { Prefer: 'odata.track-changes' } })
      const { value, '@odata.nextLink': next, '@odata.deltaLink': delta } = await json(response)
      return { rows: value, cursor: next ?? delta, more: next !== undefined }
    },
  },
  datasync: {
    tag: row => `"${row.version}"`,
    gone: row => row.deleted,
    create: row => ask('/tables/task', 'POST', row, {}),
    change: row => ask(`/tables/task/${row.id}`, 'PUT', row, CONDITION(row.tag)),
    current: async (_, failed) => failed,
    async pull(cursor) {
      const since = encodeURIComponent(`(updatedAt gt cast(${cursor ?? '1970-01-01T00:00:00.000Z'},Edm.DateTimeOffset))`)
      const response = await fetch(`/tables/task?$filter=${since}&$orderby=updatedAt&$count=true&__includedeleted=true`)
      const { items, nextLink } = await json(response)
      return { rows: items, cursor: items.at(-1)?.updatedAt ?? cursor, more: nextLink !== undefined }
    },
  },
}
const api = APIS[PROTOCOL]

function ask(path, method, row, headers) {
  const body = Object.fromEntries(['id', ...COLUMNS].map(name => [name, row[name]]))
  return fetch(path, { method, headers, body: JSON.stringify(body), rows: [['task', row.id]] })
}

async function json(response) {
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.json()
}

async function push() {
  for (const row of db.prepare('SELECT * FROM task WHERE dirty IS NOT NULL').all()) {
    const response = await (row.tag === null ? api.create(row) : api.change(row))
    const lost = [409, 412].includes(response.status)
    const answer = lost ? await api.current(row, response) : response
    const theirs = lost ? await answer.json() : await json(response)
    db.transaction(() => {
      const now = db.prepare('SELECT * FROM task WHERE id = ?').get(row.id)
      // What was changed meanwhile goes again, on the version that the server has now.
      if (now.dirty !== row.dirty && !lost) return save({ ...now, tag: api.tag(theirs) })
      // Here the app shows its person what was not taken.
      if (lost) bench.log({ id: row.id })
      save({ ...theirs, tag: api.tag(theirs), dirty: null })
    })()
  }
}

async function pull() {
  for (let more = true; more;) {
    const cursor = db.prepare('SELECT value FROM cursor WHERE name = ?').get('task')?.value
    const page = await api.pull(cursor)
    db.transaction(() => {
      for (const row of page.rows) {
        // A change that waits finds out by its tag.
        if (db.prepare('SELECT 1 FROM task WHERE id = ? AND dirty IS NOT NULL').get(row.id)) continue
        if (api.gone(row)) db.prepare('DELETE FROM task WHERE id = ?').run(row.id)
        else save({ ...row, tag: api.tag(row), dirty: null })
      }
      if (page.cursor) db.prepare('REPLACE INTO cursor VALUES(?, ?)').run('task', page.cursor)
    })()
    more = page.more
  }
}
