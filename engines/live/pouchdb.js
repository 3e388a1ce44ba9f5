// PouchDB 9 as npm has it: over LevelDB in Node, over IndexedDB in a browser.
import PouchDB from 'pouchdb'

// A rejection that PouchDB leaves to nobody (../pouchdb/found/unheard.mjs) would end the process.
globalThis.process?.on('unhandledRejection', error => console.error(`PouchDB left alone: ${error.message}`))

export default async function open({ name, url, timeout, folder }) {
  const local = new PouchDB(`${folder ?? ''}task-${name}`)
  const remote = new PouchDB(`${url}/task`, {
    skip_setup: true,
    // It waits for ever by itself.
    fetch: (address, options = {}) => {
      const signals = [options.signal, AbortSignal.timeout(timeout)].filter(Boolean)
      return PouchDB.fetch(address, { ...options, signal: AbortSignal.any(signals) })
    },
  })
  await local.info()
  async function edit({ do: what, key, values }) {
    for (;;) {
      const document = await local.get(key).catch(error => { if (error.status !== 404) throw error })
      if ((what === 'create') === Boolean(document)) return false
      if (what === 'update' && Object.keys(values).every(name => document[name] === values[name])) return false
      try {
        await (what === 'delete' ? local.remove(document) : local.put({ ...document, _id: key, ...values }))
        return true
      } catch (error) {
        // A replication wrote meanwhile: as its documentation says, read again and write over that.
        if (error.status !== 409) throw error
      }
    }
  }
  return {
    edit,
    async sync() {
      await PouchDB.replicate(local, remote)
      await PouchDB.replicate(remote, local)
    },
    rows: async () => (await local.allDocs({ include_docs: true })).rows.map(({ doc: { _id, _rev, ...row } }) => ({ id: _id, ...row })),
  }
}
