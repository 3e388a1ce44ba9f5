// One phone, in Node or in a browser: its person's edits at their times, a sync as `contended.toml` has its unit (at the login, as
// a network comes, after each edit, every 5 s), and what `/observe` wants to hear. `open` gives the client of an engine:
//   sync()                       one exchange both ways; a promise that is rejected is a sync that failed
//   edit({ do, key, values })    gives `true`, or `false` where there is no such row or nothing changes
//   rows()                       what it shows, with `id`
//   waits()                      optional: keys of the rows that wait
const sleep = ms => new Promise(done => setTimeout(done, Math.max(0, ms)))
const PERIOD = 5000, LOOK = 250, PATIENCE = 60_000

/** Edits of `script` whose row is not shown here go to another one that is, as a finger would. */
const aimed = (edit, rows) => {
  if (edit.do === 'create' || rows.some(row => row.id === edit.key)) return edit
  const at = [...edit.id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) >>> 0, 7)
  return rows.length ? { ...edit, key: rows[at % rows.length].id } : undefined
}

export default async function play(open, { name, url, script, length, speed = 1, meet, says = () => {} }) {
  const base = `${url}/d/${name}`, entity = 'task'
  const ask = async (path, body) => {
    const response = await fetch(base + path, body && { method: 'POST', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? undefined : response.json()
  }
  const observe = line => ask('/_syncdyno/observe', line)
  const begun = Date.now() - (await ask('/_syncdyno/state')).time_ms / speed
  const now = () => (Date.now() - begun) * speed
  const until = at => sleep((at - now()) / speed)
  const client = await open({ name, url: base, timeout: 6000 / speed, retry: 5000 / speed })

  // The edits that no sync has taken with it yet, and the sync that runs.
  let outbox = [], running, again = false, online = true, failed = 0, done = 0
  async function exchange() {
    const sent = [...outbox]
    await observe({ kind: 'sync-start', unit: 'Tasks' })
    try {
      await client.sync()
      const left = new Set(await client.waits?.() ?? [])
      const taken = sent.filter(edit => !left.has(edit.key))
      outbox = outbox.filter(edit => !taken.includes(edit))
      await observe({ kind: 'sync-complete', unit: 'Tasks' })
      done++
      return true
    } catch (error) {
      failed++
      says(`${name} ${(now() / 1000).toFixed(1)} s: ${error.cause?.message ?? error.message ?? error}`)
      await observe({ kind: 'sync-error', unit: 'Tasks' })
      return false
    }
  }
  /** One at a time: who asks meanwhile is served by the next one. */
  function sync() {
    again = running !== undefined
    running ??= exchange().finally(() => {
      running = undefined
      if (again) sync().catch(says)
    })
    return running
  }

  async function person() {
    for (const edit of script.edits) {
      await until(edit.at)
      const meant = aimed(edit, await client.rows())
      if (!meant) continue
      const { id, do: what, key, values } = meant
      const at = now()
      if (!await client.edit({ do: what, key, values })) continue
      const made = { id, key }
      outbox.push(made)
      await observe({ kind: 'edit', id, entity, key, do: what, ...(what !== 'delete' && { values }) })
      if (now() - at > 250) says(`${name}: an edit was told ${Math.round(now() - at)} ms late`)
      if (online) sync().catch(says)
    }
  }
  async function device() {
    await until(script.login)
    await sync()
    for (let next = script.login + PERIOD; now() < length;) {
      await sleep(LOOK / speed)
      const was = online
      online = (await ask('/_syncdyno/network')).online
      if (online && !was || now() >= next) sync().catch(says)
      if (now() >= next) next += PERIOD
    }
  }
  await Promise.all([person(), device()])
  // All is well from here on: what waits is sent, and what others sent comes.
  for (const end = now() + PATIENCE; outbox.length && now() < end;) await sync() || await sleep(1000 / speed)
  for (let round = 0; round < 3; round++) {
    await meet()
    await running
    await sync()
  }
  await meet()
  await observe({ kind: 'shows', entity, rows: await client.rows() })
  await observe({ kind: 'waits', edits: outbox.map(({ id }) => id) })
  says(`${name}: ${script.edits.length} edits, ${done} syncs ended well and ${failed} failed, ${outbox.length} edits wait`)
}
