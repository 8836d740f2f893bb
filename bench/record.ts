// What it costs to check a record: events that `stint audit verify` takes in a second, and the memory it takes for a
// log of ten thousand and of so many events.
//
//   npm run bench -- record [events]
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { emptyHead, link } from '../src/audit/chain.js'
import { signCheckpoint } from '../src/audit/checkpoint.js'
import type { Head } from '../src/audit/event.js'
import { makeSigner, parseSigner } from '../src/audit/note.js'
import { createFrontier } from '../src/audit/tree.js'
import { checkpointLine } from '../src/audit/verification.js'
import { checkRecord } from '../src/cli/remote/verify.js'
import { eventOf } from '../test/contract/store-values.js'

const origin = 'bench.example.com/record'
const pair = makeSigner(origin, Buffer.alloc(32, 1))
const signer = parseSigner(pair?.secret ?? '')
if (!pair || !signer) throw new Error('no key')
const signers = [signer]

/** An export of so many events, with a checkpoint after each thousand. */
async function write(file: string, count: number): Promise<void> {
  const out = createWriteStream(file)
  const tree = createFrontier()
  let head: Head = emptyHead
  for (let n = 0; n < count; n++) {
    const entry = link(
      eventOf({ data: { n, reason: 'a reason as long as people write them, with a ticket' } }),
      head,
    )
    head = entry
    tree.add(Buffer.from(entry.leaf, 'hex'))
    const note =
      tree.size % 1_000 === 0
        ? `${checkpointLine(signCheckpoint({ origin, size: tree.size, root: tree.root() }, signers))}\n`
        : ''
    if (!out.write(`${entry.text}\n${note}`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
try {
  const rates: number[] = []
  for (const count of [10_000, Number(process.argv[2] ?? 1_000_000)]) {
    const file = join(folder, `${count}.ndjson`)
    await write(file, count)
    const began = performance.now()
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
    const answer = await checkRecord([file], { key: [pair.verifier] }, () => undefined)
    clearInterval(watching)
    const seconds = (performance.now() - began) / 1_000
    if (answer.exit !== 0) throw new Error(answer.err.join(' '))
    rates.push(count / seconds)
    const bytes = statSync(file).size / count
    console.log(
      `${String(count).padStart(9)} events   ${(count / seconds).toFixed(0)} events/s   ${bytes.toFixed(0)} bytes an event   ${(most / 2 ** 20).toFixed(0)} MiB at most`,
    )
    rmSync(file)
  }
  console.log(`rate of the long log / of the short one ${((rates[1] ?? NaN) / (rates[0] ?? NaN)).toFixed(2)}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
