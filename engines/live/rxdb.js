// RxDB 17 as npm has it, with its free storage in memory and its replication with handlers over HTTP.
import { createRxDatabase } from 'rxdb'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

const schema = {
  version: 0, primaryKey: 'id', type: 'object', required: ['id'],
  properties: {
    id: { type: 'string', maxLength: 100 }, title: { type: ['string', 'null'] }, state: { type: ['string', 'null'] },
    hours: { type: ['integer', 'null'] },
  },
}

export default async function open({ name, url, timeout, retry }) {
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false })
  const { task } = await database.addCollections({ task: { schema } })
  async function ask(path, body) {
    const response = await fetch(url + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(timeout),
    })
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const pull = ({ updatedAt = 0, id = '' } = {}, limit) => ask(`/rx/task/pull?updatedAt=${updatedAt}&id=${encodeURIComponent(id)}&limit=${limit}`)
  const push = rows => ask('/rx/task/push', rows)

  let running
  /** The end of a replication, or its next failure. */
  async function end() {
    let told
    const failed = new Promise((_, reject) => {
      told = running.error$.subscribe(error => reject(new Error(error.parameters?.errors?.[0]?.message ?? error.message)))
    })
    try {
      await Promise.race([running.awaitInitialReplication(), failed])
      running = undefined
    } finally {
      told.unsubscribe()
    }
  }
  return {
    async sync() {
      // One that failed goes on trying by itself, and `cancel()` of it does not return (../rxdb/found/cancel.mjs).
      if (running) await end()
      running = replicateRxCollection({
        collection: task, replicationIdentifier: 'tasks', live: false, waitForLeadership: false, retryTime: retry,
        pull: { batchSize: 100, handler: (checkpoint, limit) => pull(checkpoint ?? undefined, limit) },
        push: { batchSize: 100, handler: push },
      })
      await end()
    },
    async edit({ do: what, key, values }) {
      const document = await task.findOne(key).exec()
      if ((what === 'create') === Boolean(document)) return false
      if (what === 'create') await task.insert({ id: key, ...values })
      else if (what === 'delete') await document.incrementalRemove()
      else if (Object.keys(values).every(name => document.get(name) === values[name])) return false
      else await document.incrementalPatch(values)
      return true
    },
    rows: async () => (await task.find().exec()).map(document => document.toJSON()),
  }
}
