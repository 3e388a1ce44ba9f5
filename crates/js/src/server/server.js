// How a bundle's `server` answers: by `fetch`, by functions of paths, or by `pull` and `push`.
import Database from 'bench:sqlite'
import { entry } from 'bench'
const { known, writeJson } = entry
const R = globalThis.__record
delete globalThis.__record
const nothing = since => since === undefined || since === null || since === '' || since === 0 || since === '0' || since === 'null' || since === 'undefined'
let database
/** The rows of the bench, for the phone whose request is answered. */
const functions = {
  /** What changed after a cursor of an earlier answer; all that is there without one. */
  /** `ours`: the server reads for itself, and none of it is in the answer. */
  changes(table, since, options = {}) {
    known('`db.changes`', options, ['ours'])
    const { ours = false } = options ?? {}
    return JSON.parse(R.changes(String(table), nothing(since) ? undefined : Number(since), !ours))
  },
  /** The names of all tables that come to phones. */
  get tables() { return JSON.parse(R.tables) },
  get(table, id) { return JSON.parse(R.get(String(table), String(id))) },
  put(table, row, options = {}) {
    known('`db.put`', options, ['base', 'key', 'changed'])
    return JSON.parse(R.write(String(table), writeJson(row), writeJson(options ?? {})))
  },
  remove(table, id, options = {}) {
    known('`db.remove`', options, ['base', 'key'])
    return JSON.parse(R.write(String(table), writeJson(String(id)), writeJson(options ?? {})))
  },
  /** Says no to what a phone did with a row, by a rule of the server's own: the phone hears that it is done. */
  refuse(table, id, options = {}) {
    known('`db.refuse`', options, ['key', 'why'])
    return JSON.parse(R.refuse(String(table), String(id?.id ?? id), writeJson(options ?? {})))
  },
  now: () => R.now(),
  get sql() { return (database ??= new Database('server.db')) },
}
// What asks a value whether it is a promise, or how it is written, asks this, too.
const ASKED = ['then', 'toJSON']
const db = new Proxy(functions, {
  get(of, name) {
    if (typeof name === 'string' && !(name in of) && !ASKED.includes(name)) known('`db`', { [name]: true }, Object.keys(of))
    return Reflect.get(of, name)
  },
})
function routed(routes, request) {
  for (const [route, f] of Object.entries(routes)) {
    const [method, pattern] = route.includes(' ') ? route.split(' ') : ['*', route]
    if (method !== '*' && method.toUpperCase() !== request.method) continue
    const wanted = pattern.split('/'), parts = request.path.split('/')
    if (wanted.length !== parts.length) continue
    const params = {}
    const fits = wanted.every((part, at) => {
      if (!part.startsWith(':')) return part === parts[at]
      params[part.slice(1)] = decodeURIComponent(parts[at])
      return true
    })
    if (fits) { request.params = params; return f }
  }
}
async function answer(request) {
  const { server } = entry
  if (typeof server === 'function') return server(request, db)
  const f = server.routes && routed(server.routes, request)
  if (f) return f.call(server.routes, request, db)
  const given = { table: request.query.get('table'), user: request.user, query: request.query, request, db }
  if (server.pull && request.method === 'GET' && request.path === '/pull') return server.pull(request.query.get('since'), given)
  if (server.push && request.method === 'POST' && request.path === '/push') return server.push(await request.json(), given)
  if (server.fetch) return server.fetch(request, db)
  const there = server.routes ? Object.keys(server.routes) : [server.pull && 'GET /pull', server.push && 'POST /push'].filter(Boolean)
  const no = `the server has no ${request.method} ${request.path}; it has \`${there.join('`, `')}\``
  return new Response(no, { status: 404, headers: { 'x-bench-no-route': no.replace(/[^ -~]/g, '?') } })
}
const asResponse = value => {
  if (value instanceof Response) return value
  return value === undefined || value === null ? new Response(null, { status: 204 }) : Response.json(value)
}
entry.serve = async (head, bytes) => {
  const { method, path, headers, user } = JSON.parse(head)
  try {
    const url = new URL(path, 'https://app.example')
    const body = method === 'GET' || method === 'HEAD' ? undefined : bytes
    const request = new Request(url.href, { method, headers, body })
    Object.assign(request, { path: url.pathname, query: url.searchParams, user })
    let response
    try { response = asResponse(await answer(request)) } catch (thrown) {
      // An exception with a status is an answer; any other is a mistake that ends the cell.
      if (thrown instanceof Response) response = thrown
      else if (typeof thrown?.status === 'number') response = new Response(String(thrown.message ?? ''), { status: thrown.status })
      else throw thrown
    }
    R.answer(writeJson({ status: response.status, headers: [...response.headers] }), await response.bytes())
  } catch (error) { entry.failed(error) }
}
