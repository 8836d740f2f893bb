// What it costs to compare a trail of CloudTrail with the record: events that `stint audit correlate` takes in a second,
// beside what parsing the same events alone takes, and the memory for a trail of ten thousand and of so many events.
//
//   npm run bench -- trail [events]
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHistories } from '../src/audit/histories.js'
import { toldBy } from '../src/audit/told.js'
import { createChecks } from '../src/audit/trail/checks.js'
import { createCorrelation } from '../src/audit/trail/correlate.js'
import { createDenials } from '../src/audit/trail/denied.js'
import { recordSplitter } from '../src/cli/local/trail-records.js'
import { readTrail } from '../src/cli/local/trail.js'
import { ceilings, dayOf, hour, oddities } from '../test/support/trail.js'
import { roleArn } from '../test/support/trail-events.js'

const day = dayOf(1, 2_000, new Set(oddities), 10_000)

/** One file as CloudTrail writes it, of the same day over and over. */
async function write(file: string, count: number): Promise<void> {
  const out = createWriteStream(file)
  const texts = day.trail.map((event) => JSON.stringify(event))
  out.write('{"Records":[')
  for (let n = 0; n < count; n++)
    if (!out.write(`${n === 0 ? '' : ','}${texts[n % texts.length]}`)) await once(out, 'drain')
  out.end(']}')
  await once(out, 'finish')
}

/** Seconds of the processor, since others use it too, and the most memory meanwhile, in MiB. */
async function measured(work: () => Promise<unknown>): Promise<{ seconds: number; most: number }> {
  const began = process.cpuUsage().user
  let most = 0
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
  await work()
  clearInterval(watching)
  return { seconds: (process.cpuUsage().user - began) / 1e6, most: most / 2 ** 20 }
}

async function parseAlone(file: string): Promise<void> {
  const splitter = recordSplitter()
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>)
    for (const text of splitter.take(piece)) JSON.parse(text)
}

async function compare(file: string): Promise<void> {
  const [histories, denials, checks] = [createHistories(), createDenials(), createChecks()]
  for (const text of day.record) {
    const told = toldBy(text)
    if (!told) continue
    for (const fold of [histories, denials, checks]) fold.take(told)
  }
  const recorded = {
    histories: [...histories.all()],
    denials,
    checks,
    from: undefined,
    to: undefined,
  }
  const roles = new Map(Object.keys(ceilings).map((role) => [roleArn(role), role]))
  const limits = { unusedFor: 24 * hour, recorded: new Set<string>() }
  const correlation = createCorrelation(recorded, { roles, ceilings: new Map() }, limits)
  const { unread } = await readTrail([file], {}, correlation.take, () => undefined)
  if (unread.length > 0 || correlation.findings().bypasses.length > 4)
    throw new Error('something else was found')
}

const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
try {
  const most: number[] = []
  for (const count of [10_000, Number(process.argv[2] ?? 800_000)]) {
    const file = join(folder, `${count}.json`)
    await write(file, count)
    const alone = await measured(() => parseAlone(file))
    const compared = await measured(() => compare(file))
    most.push(compared.most)
    console.log(
      `${String(count).padStart(9)} events   ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB   ${(count / compared.seconds).toFixed(0)} events/s   ${(compared.seconds / alone.seconds).toFixed(2)} of splitting and parsing alone   ${compared.most.toFixed(0)} MiB at most`,
    )
    rmSync(file)
  }
  console.log(
    `memory for the long trail / for the short one ${((most[1] ?? NaN) / (most[0] ?? NaN)).toFixed(2)}`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
