import type { Command } from 'commander'
import { checkEvidence } from '../../audit/evidence.js'
import { verifying, type Broken, type Verification } from '../../audit/verification.js'
import { faults } from '../../fault.js'
import type { Frame, Session } from './frame.js'
import { evidenceIn, readKeys, readKept } from './keys.js'
import { linesOf } from './lines.js'

/** How many events lie between two lines of progress. */
const progressEvery = 250_000

export interface VerifyOptions {
  /** Verifier keys, or files with one a line. */
  readonly key: readonly string[]
  /** Files and folders with checkpoints that were kept elsewhere. */
  readonly checkpoint?: readonly string[]
}

/** What is said of a record: data, remarks, and how the command ends. */
interface Verdict {
  readonly exit: number
  readonly out: string
  readonly err: readonly string[]
}

/** `stint audit verify`, beneath the command that reads the record; it asks no broker. */
export function addVerify(audit: Command, frame: Frame): void {
  audit
    .command('verify <file...>')
    .description('check an export of the record, or evidence of one grant, with a public key alone')
    .requiredOption('--key <key...>', 'the public keys, or files with one a line')
    .option('--checkpoint <path...>', 'checkpoints that were kept elsewhere: files, or folders of them')
    .addHelpText(
      'after',
      `
Needs no broker, no database and no network. Files (.gz too) are taken as one log, in their order: archives first, then what
the broker still has. Checked are: that no event is missing, added, changed or in another place, that each checkpoint in
the files and each of --checkpoint is signed and has the root of these events, and that clocks did not go back. A log that
does not begin at event 1 must say what was signed of the events before. Without --checkpoint, whoever holds the key could
have rewritten everything. Exits with 0, or with ${faults.invalid_config.exit} and the first event that does not hold.

Examples:
  stint audit verify record.ndjson --key checkpoint.pub --checkpoint /mnt/worm/stint
  stint audit verify evidence.json --key stint.example.com/record+1a2b3c4d+AUx…`,
    )
    .action(frame.act(verify))
}

async function verify({ say }: Session, files: readonly string[], options: VerifyOptions): Promise<number> {
  const { exit, out, err } = await checkRecord(files, options, (line) => say.note(line, 'dim'))
  say.raw(out)
  for (const line of err) say.note(line, exit === 0 ? 'yellow' : 'red')
  return exit
}

/**
 * Checks an export of the record, or evidence of one grant, with public keys alone. Reads in one pass, whatever the
 * size. `progress` is told how far it has come. Rejects with a `Stop` for what cannot be read.
 */
export async function checkRecord(
  files: readonly string[],
  options: VerifyOptions,
  progress: (line: string) => void,
): Promise<Verdict> {
  const keys = await readKeys(options.key)
  const [only] = files
  const evidence = files.length === 1 && only !== undefined ? await evidenceIn(only) : undefined
  if (evidence) {
    const checked = checkEvidence(evidence, keys)
    if (!checked.ok) return broken(checked)
    const { origin, size } = checked.checkpoint
    const out = `verified: ${evidence.events.length} events of grant ${evidence.grant} are among the first ${size} that ${origin} signed\n`
    return { exit: 0, out, err: [] }
  }
  const kept = (await Promise.all((options.checkpoint ?? []).map((path) => readKept(path, keys)))).flat()
  const log = verifying(keys, kept)
  let events = 0
  for (const file of files) {
    for await (const line of linesOf(file)) {
      const found = line === '' ? undefined : log.line(line)
      if (found) return broken(found)
      if (++events % progressEvery === 0) progress(`${events} lines verified`)
    }
  }
  const end = log.end()
  return 'detail' in end ? broken(end) : verdict(end)
}

const broken = ({ seq, detail }: Broken): Verdict => ({
  exit: faults.invalid_config.exit,
  out: '',
  err: [`NOT VERIFIED at event ${seq}: ${detail}`],
})

function verdict({ head, before, checkpoints, compared, earlier, newest, backwards }: Verification): Verdict {
  const { count, first } = backwards
  const remarks = first
    ? [
        `The clock went back ${count === 1 ? 'once' : `${count} times`}, first at event ${first.seq} ${first.detail}.`,
      ]
    : []
  const chain = `chain: events ${before + 1} to ${head.seq} follow each other; head ${head.seq}:${head.leaf}\n`
  if (!newest)
    return {
      exit: faults.invalid_config.exit,
      out: chain,
      err: [
        ...remarks,
        'NOT VERIFIED: there is no checkpoint that these keys signed, and whoever rewrites a log rewrites its chain. Give one with --checkpoint.',
      ],
    }
  if (earlier > 0)
    remarks.push(
      `Not compared: ${earlier} checkpoints of events before event ${before + 1}. Give the archives of these, too.`,
    )
  if (compared === 0)
    remarks.push(
      'No checkpoint was kept elsewhere (--checkpoint): whoever holds the key could have rewritten all of it.',
    )
  const uncovered = head.seq - newest.size
  const lines = [
    before > 0 ? `before: ${before} events, of which only the signed root is here; archives have them\n` : '',
    chain,
    `tree: ${checkpoints} checkpoints of ${newest.origin} hold, ${compared} of them kept elsewhere; the newest is of ${newest.size} events\n`,
    uncovered > 0 ? `not yet signed: the last ${uncovered} events\n` : '',
    'verified\n',
  ]
  return { exit: 0, out: lines.join(''), err: remarks }
}
