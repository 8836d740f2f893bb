import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { notesIn, openCheckpoint, type Checkpoint } from '../../audit/checkpoint.js'
import { checkEvidence, parseEvidence } from '../../audit/evidence.js'
import { makeSigner, parseVerifier, type Verifier } from '../../audit/note.js'
import { verifying, type Broken, type Verification } from '../../audit/verification.js'
import { Fault, faults } from '../../fault.js'
import { headText } from '../../grant/restored.js'
import { failure, type Answer } from '../answer.js'
import { linesOf } from '../remote/lines.js'

export interface VerifyOptions {
  /** Verifier keys, or files with one a line. */
  readonly key: readonly string[]
  /** Files and folders with checkpoints that were kept elsewhere. */
  readonly checkpoint?: readonly string[]
}

/** `stint audit keygen`: a new key for checkpoints, and the public one that goes with it. */
export function auditKeygen(name: string, random: (bytes: number) => Uint8Array): Answer {
  const made = makeSigner(name, random(32))
  if (made) return { exit: 0, out: `${made.secret}\n`, err: `${made.verifier}\n` }
  const fault = new Fault(
    'invalid_request',
    'A key needs a name without blanks and plus signs, such as stint.example.com/record.',
  )
  return failure(fault, '')
}

/** How many events lie between two lines of progress. */
const progressEvery = 250_000

/**
 * `stint audit verify`: checks an export of the record, or evidence of one grant, with public keys alone. Reads in
 * one pass, whatever the size. `progress` is told how far it has come.
 */
export async function auditVerify(
  files: readonly string[],
  options: VerifyOptions,
  progress: (line: string) => void,
): Promise<Answer> {
  try {
    const keys = (await Promise.all(options.key.map(readKeys))).flat()
    const [only] = files
    const evidence = files.length === 1 && only !== undefined ? await evidenceIn(only) : undefined
    if (evidence) {
      const checked = checkEvidence(evidence, keys)
      if (!checked.ok) return broken(checked)
      const { origin, size } = checked.checkpoint
      const out = `verified: ${evidence.events.length} events of grant ${evidence.grant} are among the first ${size} that ${origin} signed\n`
      return { exit: 0, out, err: '' }
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
    return 'detail' in end ? broken(end) : verdict(end, kept.length)
  } catch (error) {
    return failure(error, '')
  }
}

const broken = ({ seq, detail }: Broken): Answer => ({
  exit: faults.invalid_config.exit,
  out: '',
  err: `NOT VERIFIED at event ${seq}: ${detail}\n`,
})

function verdict({ head, checkpoints, newest, backwards }: Verification, kept: number): Answer {
  const { count, first } = backwards
  const clock = first
    ? `The clock went back ${count === 1 ? 'once' : `${count} times`}, first at event ${first.seq} ${first.detail}.\n`
    : ''
  const chain = `chain: events 1 to ${head.seq} follow each other; head ${headText(head)}\n`
  if (!newest)
    return {
      exit: faults.invalid_config.exit,
      out: chain,
      err: `${clock}NOT VERIFIED: there is no checkpoint that these keys signed, and whoever rewrites a log rewrites its chain. Give one with --checkpoint.\n`,
    }
  const uncovered = head.seq - newest.size
  const lines = [
    chain,
    `tree: ${checkpoints} checkpoints of ${newest.origin} hold, ${kept} of them kept elsewhere; the newest is of ${newest.size} events\n`,
    uncovered > 0 ? `not yet signed: the last ${uncovered} events\n` : '',
    'verified\n',
  ]
  const warning =
    kept > 0
      ? ''
      : 'No checkpoint was kept elsewhere (--checkpoint): whoever holds the key could have rewritten all of it.\n'
  return { exit: 0, out: lines.join(''), err: `${clock}${warning}` }
}

/** A verifier key as it is written, or a file of them. */
export async function readKeys(text: string): Promise<readonly Verifier[]> {
  const own = parseVerifier(text)
  if (own) return [own]
  const lines = (await readText(text)).split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseVerifier)
  const found = keys.filter((key) => key !== undefined)
  if (found.length > 0 && found.length === keys.length) return found
  throw new Fault(
    'invalid_request',
    `${text} is neither a verifier key (name+id+base64) nor a file of such keys.`,
  )
}

/** Every checkpoint in a file, or in the files of a folder and its folders. All must be signed. */
export async function readKept(path: string, keys: readonly Verifier[]): Promise<readonly Checkpoint[]> {
  const found = await stat(path).catch(unreadable(path))
  const files = found.isDirectory()
    ? (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [path]
  const kept: Checkpoint[] = []
  for (const file of files) {
    const notes = notesIn(await readText(file))
    if (notes.length === 0) throw new Fault('invalid_request', `There is no checkpoint in ${file}.`)
    for (const note of notes) {
      const checkpoint = openCheckpoint(note, keys)
      if (!checkpoint)
        throw new Fault('invalid_request', `A checkpoint in ${file} is not signed by a key that was given.`)
      kept.push(checkpoint)
    }
  }
  if (kept.length > 0) return kept
  throw new Fault('invalid_request', `There is no checkpoint in ${path}.`)
}

/** More than any evidence of one grant, and little enough to be read whole. */
const mostEvidence = 16 * 1024 * 1024

async function evidenceIn(file: string) {
  const { size } = await stat(file).catch(unreadable(file))
  if (size > mostEvidence) return undefined
  return parseEvidence(await readText(file))
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(unreadable(path))

const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new Fault('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  }
