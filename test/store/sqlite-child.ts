// Commits for as long as it lives, and says on stdout what was acknowledged: the test kills it.
import { writeSync } from 'node:fs'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { creation, eventOf, grantOf } from '../contract/store-values.js'

const [path = '', name = ''] = process.argv.slice(2)
const store = await openSqlite({ path })
let n = 0

async function work(): Promise<never> {
  for (;;) {
    const id = `${name}-${n++}`
    const change = creation(grantOf(id, { subject: `corp#${name}` }))
    const wanted = { ...change, events: [...change.events, eventOf({ grant: id })] }
    // SQLite's lock is not fair: beside another writer a commit may be refused, and then is not written.
    const done = await store.commit(wanted).catch(() => undefined)
    if (done?.ok) writeSync(1, `${id} ${done.head.seq} ${done.head.leaf}\n`)
  }
}

await Promise.all(Array.from({ length: 20 }, work))
