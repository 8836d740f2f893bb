import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Verifier } from '../../audit/note.js'
import { verifying } from '../../audit/verification.js'
import type { Environment } from '../../config/environment.js'
import { loadConfig } from '../../config/load.js'
import { Fault } from '../../fault.js'
import { archivable, archiveLines, drop, recordArchive, type Archive } from '../../grant/retention.js'
import type { Store } from '../../grant/store.js'
import { ulids } from '../../grant/ulid.js'
import { writeWhole } from '../../jobs/whole-file.js'
import { openSource, openStore, type Place } from '../../store/open.js'
import { iso } from '../../time.js'
import { failure, type Answer } from '../answer.js'
import { readKeys } from '../remote/keys.js'
import { linesOf } from '../remote/lines.js'
import type { World } from './roles-check.js'

export interface Source {
  readonly file: string
  readonly env: Environment
}

type Surroundings = Pick<World, 'clock' | 'random'> & { readonly progress: (line: string) => void }

/** How many events lie between two lines of progress. */
const progressEvery = 250_000

/** `stint audit archive`: writes what is older than `before` into a new file, checks it there, and says so on the record. */
export async function auditArchive(
  name: string,
  source: Source,
  { before, to, key }: { readonly before: string; readonly to: string; readonly key: readonly string[] },
  { clock, random, progress }: Surroundings,
): Promise<Answer> {
  try {
    const instant = Date.parse(before)
    if (Number.isNaN(instant) || instant >= clock())
      throw new Fault('invalid_request', '--before is a day or a moment that has passed, such as 2025-11-24.')
    const keys = await readKeys(key)
    return await withStore(loadConfig(source).store, { clock, random }, async (store) => {
      const through = await archivable(store, instant, clock())
      if (!through)
        throw new Fault(
          'not_found',
          `No signed checkpoint is of events that are all older than ${iso(instant)} and about no open grant.`,
        )
      let archive: Archive | undefined
      await writeWhole(to, 0o600, archiveLines(store, through), async (written) => {
        archive = { ...(await readArchive(written, keys, progress)), file: basename(to) }
      }).catch(unwritable(to))
      if (!archive) throw new Fault('internal', 'The archive was not read back.')
      await recordArchive(store, archive, clock())
      return {
        exit: 0,
        out: `archived and verified: ${text(archive)}\n`,
        err: 'The record still has them: stint audit drop --help.\n',
      }
    })
  } catch (error) {
    return failure(error, name)
  }
}

/** `stint audit drop`: takes what an archive holds out of the record. */
export async function auditDrop(
  name: string,
  source: Source,
  { archive: file, key }: { readonly archive: string; readonly key: readonly string[] },
  { clock, random, progress }: Surroundings,
): Promise<Answer> {
  try {
    const keys = await readKeys(key)
    const archive = await readArchive(file, keys, progress)
    const { store: place, feed } = loadConfig(source)
    const sinks = (['file', 'stdout', 'https'] as const).filter((sink) => feed?.[sink])
    return await withStore(place, { clock, random }, async (store) => {
      await drop(store, archive, sinks, clock(), (events) => {
        if (events % progressEvery === 0) progress(`${events} events dropped`)
      })
      return {
        exit: 0,
        out: `dropped: ${text(archive)}\n`,
        err: 'Keep the archive: nothing else has these events.\n',
      }
    })
  } catch (error) {
    return failure(error, name)
  }
}

const text = ({ first, last, bytes, sha256 }: Archive): string =>
  `events ${first} to ${last}, ${bytes} bytes, sha256 ${sha256}`

/** Verifies an archive with public keys alone. Rejects with `invalid_config`, the code of what does not verify. */
async function readArchive(
  file: string,
  keys: readonly Verifier[],
  progress: (line: string) => void,
): Promise<Archive> {
  const log = verifying(keys, [])
  const hash = createHash('sha256')
  let [bytes, lines] = [0, 0]
  for await (const line of linesOf(file)) {
    const found = log.line(line)
    if (found) throw torn(file, found.detail)
    hash.update(`${line}\n`)
    bytes += Buffer.byteLength(line) + 1
    if (++lines % progressEvery === 0) progress(`${lines} lines of the archive verified`)
  }
  const end = log.end()
  if ('detail' in end) throw torn(file, end.detail)
  const { head, before, newest } = end
  if (newest?.size !== head.seq || head.seq === before)
    throw torn(file, 'It does not end at a checkpoint that these keys signed.')
  return {
    file: basename(file),
    first: before + 1,
    last: head.seq,
    bytes,
    sha256: hash.digest('hex'),
    checkpoint: newest,
  }
}

const torn = (file: string, detail: string): Fault =>
  new Fault('invalid_config', `${file} does not verify: ${detail}`)

const unwritable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error instanceof Fault) throw error
    const why =
      error.code === 'EEXIST' ? 'is there already' : `cannot be written (${error.code ?? error.message})`
    throw new Fault(error.code === 'EEXIST' ? 'conflict' : 'invalid_request', `${path} ${why}.`)
  }

async function withStore(
  place: Place,
  { clock, random }: Pick<World, 'clock' | 'random'>,
  run: (store: Store) => Promise<Answer>,
): Promise<Answer> {
  // Looked for first: a store that is not there would be made.
  await (await openSource(place)).close()
  const store = await openStore(place, { replica: ulids(random)(clock()), clock })
  try {
    return await run(store)
  } finally {
    await store.close()
  }
}
