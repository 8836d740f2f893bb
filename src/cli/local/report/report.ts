import { readFile } from 'node:fs/promises'
import { reviewing, type Period, type Review } from '../../../audit/review/review.js'
import { toldBy } from '../../../audit/told.js'
import { verifying, type Verification } from '../../../audit/verification.js'
import type { Catalog } from '../../../catalog/catalog.js'
import { readCatalog } from '../../../config/load.js'
import type { Me } from '../../../http/contract.js'
import type { Session } from '../../remote/frame.js'
import { since } from '../../remote/pages.js'
import { recordLines } from '../../remote/record.js'
import * as shape from '../../remote/shape.js'
import { Stop } from '../../remote/stop.js'
import { writeWhole } from '../../remote/whole-file.js'
import { readKept, readKeys } from '../../remote/keys.js'
import { pageOf } from './page.js'
import { rowsOf } from './rows.js'

/** What `stint audit report` is told. */
export interface ReportOptions {
  readonly from: string
  readonly to?: string
  readonly record?: readonly string[]
  readonly key?: readonly string[]
  readonly checkpoint?: readonly string[]
  readonly config?: string
  readonly by?: string
  readonly format: 'html' | 'csv'
  readonly out?: string
}

/** `stint audit report`: reads the record, reviews it, and writes what came of it. */
export async function report(session: Session, options: ReportOptions): Promise<void> {
  const { say, world } = session
  const { out, format, config } = options
  if (out === undefined && world.stdout.isTTY)
    throw new Stop('invalid_request', 'A report is not for a terminal: name a file with --out.')
  const period = periodOf(options, world.clock())
  const catalog = config === undefined ? undefined : await catalogIn(config)
  const { review, verification } = await read(session, options, period)
  const by = options.by ?? (options.record ? undefined : await whoReads(session))
  const parts = format === 'csv' ? rowsOf(review) : [pageOf(review, { by, verification, catalog })]
  if (out === undefined) for (const part of parts) say.raw(part)
  else await writeWhole(out, parts, world.random)
  const found = review.findings.filter(({ weight, rows }) => weight === 'look' && rows.length > 0)
  const looked = found.map(({ title, rows }) => `${title}: ${rows.length}`).join('. ')
  say.note(`${review.grants.length} asks.${looked === '' ? '' : ` To look at: ${looked}.`}`)
  if (!verification) say.note('Nothing was verified: --key takes the public key.', 'yellow')
}

function periodOf(options: ReportOptions, now: number): Period {
  const [from = '', to = ''] = [
    since(options.from, now),
    since(options.to ?? new Date(now).toISOString(), now),
  ]
  const period = { from: Date.parse(from), to: Date.parse(to) }
  if (period.from < period.to) return period
  throw new Stop('invalid_request', `The period ends (${to}) before it begins (${from}).`)
}

/** How many lines lie between two lines of progress. */
const progressEvery = 250_000

/** Reads the record once, and verifies what it reads where there are keys. */
async function read(
  session: Session,
  { record, key, checkpoint = [] }: ReportOptions,
  period: Period,
): Promise<{ readonly review: Review; readonly verification: Verification | undefined }> {
  if (!key && checkpoint.length > 0)
    throw new Stop('invalid_request', 'Checkpoints are worth nothing without the --key that signed them.')
  const keys = await readKeys(key ?? [])
  const kept = (await Promise.all(checkpoint.map((path) => readKept(path, keys)))).flat()
  const log = key && verifying(keys, kept)
  const reviewed = reviewing(period)
  let lines = 0
  for await (const line of recordLines(session, record ? { record } : {})) {
    const broken = log?.line(line)
    if (broken) throw new Stop('invalid_config', `NOT VERIFIED at event ${broken.seq}: ${broken.detail}`)
    const told = toldBy(line)
    if (told) reviewed.take(told)
    if (++lines % progressEvery === 0) session.say.note(`${lines} lines read`)
  }
  return { review: reviewed.end(), verification: log && proved(log.end()) }
}

function proved(end: ReturnType<ReturnType<typeof verifying>['end']>): Verification {
  if ('detail' in end) throw new Stop('invalid_config', `NOT VERIFIED at event ${end.seq}: ${end.detail}`)
  if (end.newest) return end
  throw new Stop(
    'invalid_config',
    'NOT VERIFIED: there is no checkpoint that these keys signed. Give one with --checkpoint, or leave out --key for a report that proves nothing.',
  )
}

async function catalogIn(path: string): Promise<Catalog> {
  const file = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Stop('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  })
  return readCatalog(file)
}

async function whoReads({ client }: Session): Promise<string> {
  return shape.read<Me>((await client().get('/v1/me')).body, shape.me).subject
}
