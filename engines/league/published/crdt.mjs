// The workloads B1, B2 and B3 of dmonad/crdt-benchmarks, written from their description, in bytes only:
//
//   node engines/league/published/crdt.mjs                 # Yjs, as engines/yjs pins it
//   node engines/league/published/crdt.mjs edits | engines/target/release/examples/published    # Yrs and Automerge
//
// The same generator (lib0, seed 42) draws in the same order, so letters and positions are those of the published run. Clients
// have numbers from a second generator: there they are random, which moves a size by some bytes.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../yjs/package.json', import.meta.url))
const Y = require('yjs')
const prng = require('lib0/prng')

const N = 6000
const CLIENTS = Math.floor(Math.sqrt(N)) * 20
const drawn = prng.create(42)
const numbers = prng.create(43)
const client = () => prng.uint32(numbers, 0, 0xffffffff)
const word = (least, most) => prng.word(drawn, least, most)
const number = () => prng.uint32(drawn, 0, 0x7fffffff)
const times = (count, each) => Array.from({ length: count }, (_, i) => each(i))

const write = (at, text) => ({ on: 'text', at, text })
const erase = (at, count) => ({ on: 'text', at, count })
const insert = (at, ...items) => ({ on: 'array', at, items })
const set = value => ({ on: 'map', value })

// A text that is edited at random places, of which only the length matters here.
function scattered(start, count, edits) {
  const made = []
  let length = start
  const add = (at, text) => { made.push(write(at, text)); length += text.length }
  const drop = (at, gone) => { made.push(erase(at, gone)); length -= gone }
  for (let i = 0; i < count; i++) edits(() => length, add, drop)
  return made
}
const someWords = (least, most, place = prng.int32) => (length, add) => { const at = place(drawn, 0, length()); add(at, word(least, most)) }
function addOrDrop(length, add, drop, at) {
  if (length() === at || prng.bool(drawn)) add(at, word(2, 10))
  else drop(at, prng.uint32(drawn, 1, Math.min(9, length() - at)))
}
function wordThenMore(length, add, drop) {
  const at = prng.uint32(drawn, 0, length())
  add(at, word(3, 9))
  addOrDrop(length, add, drop, at)
}

function workloads() {
  const first = word(100, 100)
  const list = []
  // One client: an edit is an update, but for B1.6, where two are.
  const one = (name, edits, per = edits.length) => list.push({ name, kind: 'one', clients: [client()], edits: [edits], per })
  const two = (name, draw) => list.push({ name, kind: 'two', clients: [client(), client()], first, edits: [draw(), draw()] })
  const many = (name, edit) => list.push({ name, kind: 'many', clients: times(CLIENTS, client), edits: times(CLIENTS, i => [edit(i)]) })
  one('B1.1', [...word(N, N)].map((letter, i) => write(i, letter)))
  one('B1.2', [write(0, word(N, N))])
  one('B1.3', [...word(N, N)].reverse().map(letter => write(0, letter)))
  one('B1.4', scattered(0, N, someWords(1, 1)))
  one('B1.5', scattered(0, N, someWords(2, 10)))
  one('B1.6', [write(0, word(N, N)), erase(0, N)], 1)
  one('B1.7', scattered(0, N, (length, add, drop) => addOrDrop(length, add, drop, prng.uint32(drawn, 0, length()))))
  one('B1.8', times(N, number).map((value, i) => insert(i, value)))
  one('B1.9', [insert(0, ...times(N, number))])
  one('B1.10', times(N, number).map(value => insert(0, value)))
  one('B1.11', times(N, i => { const at = prng.uint32(drawn, 0, i); return insert(at, number()) }))
  two('B2.1', () => [write(0, word(N, N))])
  two('B2.2', () => scattered(100, N, someWords(1, 1, prng.uint32)))
  two('B2.3', () => scattered(100, N, someWords(3, 9, prng.uint32)))
  two('B2.4', () => scattered(100, N, wordThenMore))
  many('B3.1', i => set(i))
  many('B3.2', i => set({ name: `${i}`, address: 'here' }))
  many('B3.3', i => set(`${i}`.repeat(CLIENTS)))
  many('B3.4', i => insert(0, `${i}`))
  return list
}

function open(number, heard) {
  const doc = new Y.Doc()
  doc.clientID = number
  doc.on('updateV2', (update, origin) => { if (origin !== 'theirs') heard(update) })
  return doc
}
function edit(doc, { on, at, text, count, items, value }) {
  if (on === 'map') doc.getMap('map').set('v', value)
  else if (on === 'array') doc.getArray('array').insert(at, items)
  else if (text === undefined) doc.getText('text').delete(at, count)
  else doc.getText('text').insert(at, text)
}
const take = (doc, update) => Y.applyUpdateV2(doc, update, 'theirs')

function measure({ kind, clients, first, edits, per }) {
  let sent = 0
  const updates = []
  const docs = clients.map((number, i) => open(number, update => {
    sent += update.length
    if (kind === 'two') take(docs[1 - i], update)
    else updates.push(update)
  }))
  if (first) edit(docs[0], write(0, first))
  edits.forEach((list, i) => {
    const apply = () => list.forEach(one => edit(docs[i], one))
    if (kind === 'two') docs[i].transact(apply)
    else apply()
  })
  if (kind === 'many') docs[0].transact(() => updates.forEach(update => take(docs[0], update)), 'theirs')
  const parts = kind === 'one' ? per : kind === 'two' ? 2 : 1
  return [Math.round(sent / parts), Y.encodeStateAsUpdateV2(docs[0]).length]
}

if (process.argv[2] === 'edits') {
  for (const workload of workloads()) process.stdout.write(`${JSON.stringify(workload)}\n`)
} else {
  console.log('Yjs: workload, update, document, in bytes')
  for (const workload of workloads()) console.log(workload.name, ...measure(workload))
}
