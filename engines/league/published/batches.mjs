// PouchDB pulls into an empty database, by batches of 10 to 1 000 rows:
//
//   node engines/league/published/batches.mjs bundles    # the bundle with each batch size: for `run batches.toml`
//   node engines/league/published/batches.mjs            # PouchDB in Node over `serve batches.toml`: seconds, requests, bytes
//   node engines/league/published/batches.mjs 500 --set entity.task.rows=1000    # one size, and what `serve` is told besides
//
// SYNCDYNO names the program, by default target/release/syncdyno.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SIZES = [10, 50, 100, 500, 1000]
const given = process.argv.slice(2)
const asked = given.filter(word => SIZES.includes(Number(word))).map(Number)
const besides = given.filter(word => !SIZES.includes(Number(word)))
const root = fileURLToPath(new URL('../../../', import.meta.url))
const out = join(root, 'target/published')

function bundles() {
  const code = readFileSync(join(root, 'engines/pouchdb/bundle.js'), 'utf8')
  const before = 'opts.batch_size || 100'
  if (code.split(before).length !== 2) throw new Error('this bundle of PouchDB has its batch size elsewhere')
  mkdirSync(out, { recursive: true })
  for (const size of SIZES) writeFileSync(join(out, `pouchdb-${size}.js`), code.replace(before, `opts.batch_size || ${size}`))
}

/** The program serves the scenario: its address, and how to end it. */
async function serve(size) {
  const dyno = process.env.SYNCDYNO ?? join(root, 'target/release/syncdyno')
  const words = ['serve', join(root, 'engines/league/published/batches.toml'), '--variant', `batch-${size}`, '--protocol', 'couchdb', ...besides]
  const server = spawn(dyno, [...words, '--listen', '127.0.0.1:0', '--out', join(out, `served-${size}`)], { cwd: root })
  let said = ''
  const url = await new Promise((found, failed) => {
    const hear = more => {
      said += more
      const address = /^serving .* on (http[^ ,]*)/m.exec(said)?.[1]
      if (address) found(address)
    }
    server.stdout.on('data', hear)
    server.stderr.on('data', hear)
    server.on('exit', () => failed(new Error(said)))
  })
  return { url, end: () => server.kill() }
}

async function measure(PouchDB, size) {
  const { url, end } = await serve(size)
  const folder = mkdtempSync(join(tmpdir(), 'batches-'))
  let requests = 0, bytes = 0
  const local = new PouchDB(join(folder, 'task'))
  const remote = new PouchDB(`${url}/d/phones-1/task`, {
    skip_setup: true,
    fetch: async (address, options) => {
      requests++
      const answer = await PouchDB.fetch(address, options)
      const body = await answer.arrayBuffer()
      bytes += body.byteLength
      return new Response(body, { status: answer.status, headers: [...answer.headers] })
    },
  })
  try {
    await local.info()
    await remote.info()
    requests = bytes = 0
    const begun = performance.now()
    await PouchDB.replicate(remote, local, { batch_size: size })
    const seconds = (performance.now() - begun) / 1000
    const { doc_count } = await local.info()
    console.log(`batch ${size}: ${seconds.toFixed(1)} s, ${requests} requests, ${bytes} bytes down, ${doc_count} rows`)
  } finally {
    await local.close()
    end()
    rmSync(folder, { recursive: true })
  }
}

bundles()
if (given[0] !== 'bundles') {
  const PouchDB = createRequire(new URL('../../live/package.json', import.meta.url))('pouchdb')
  for (const size of asked.length ? asked : SIZES) await measure(PouchDB, size)
}
