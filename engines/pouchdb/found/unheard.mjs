// PouchDB 9.0.0: as a batch ends, a replication asks its source about itself and hears good answers only (`src.info().then(…)` in
// `finishBatch`). Where that request fails nobody catches the rejection: Node ends the process, though the replication has
// succeeded. Run: node found/unheard.mjs
import { createServer } from 'node:http'
import PouchDB from 'pouchdb-core'
import HttpAdapter from 'pouchdb-adapter-http'
import Replication from 'pouchdb-replication'

PouchDB.plugin(HttpAdapter).plugin(Replication)

// Two databases of a server with one document, which goes from `from` to `to`. The second time it is asked about `from`, the
// connection ends.
const document = { _id: 'a', _rev: '1-a', _revisions: { start: 1, ids: ['a'] } }
const change = { seq: 1, id: 'a', changes: [{ rev: '1-a' }] }
let asked = 0
function answer(method, path) {
  if (path === 'GET /from/' && ++asked === 2) return
  if (path.includes('/_local/')) return method === 'GET' ? { error: 'not_found' } : { ok: true, rev: '0-1' }
  if (path.includes('/_changes')) return { results: path.includes('since=0') ? [change] : [], last_seq: 1 }
  if (path.includes('/_revs_diff')) return { a: { missing: ['1-a'] } }
  if (path.includes('/_bulk_get')) return { results: [{ id: 'a', docs: [{ ok: document }] }] }
  if (path.includes('/_bulk_docs')) return []
  return { db_name: 'from', update_seq: 1 }
}
const server = createServer((request, response) => {
  const said = answer(request.method, `${request.method} ${request.url}`)
  if (!said) return request.socket.destroy()
  response.writeHead(said.error ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
})
await new Promise(opened => server.listen(0, '127.0.0.1', opened))
const home = `http://127.0.0.1:${server.address().port}`
let unheard
process.on('unhandledRejection', error => { unheard = error })
const open = name => new PouchDB(`${home}/${name}`, { adapter: 'http', skip_setup: true })
const { ok, docs_written } = await PouchDB.replicate(open('from'), open('to'))
await new Promise(done => setTimeout(done, 200))
console.log(`replicated: ${ok}, ${docs_written} of 1 document; nobody heard: ${unheard?.message ?? 'nothing'}`)
process.exit(unheard ? 1 : 0)
