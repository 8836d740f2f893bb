import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { notesIn, openCheckpoint, type Checkpoint } from '../../audit/checkpoint.js'
import { parseEvidence, type Evidence } from '../../audit/evidence.js'
import { parseVerifier, type Verifier } from '../../audit/note.js'
import { Stop } from './stop.js'

/** Verifier keys as they are written, and files of them. */
export const readKeys = async (texts: readonly string[]): Promise<readonly Verifier[]> =>
  (await Promise.all(texts.map(keysIn))).flat()

async function keysIn(text: string): Promise<readonly Verifier[]> {
  const own = parseVerifier(text)
  if (own) return [own]
  const lines = (await readText(text)).split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseVerifier)
  const found = keys.filter((key) => key !== undefined)
  if (found.length > 0 && found.length === keys.length) return found
  throw new Stop(
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
        // What a crash left half written lies in a hidden folder.
        .filter((file) => !/(?:^|[\\/])\./.test(relative(path, file)))
    : [path]
  const kept: Checkpoint[] = []
  for (const file of files) {
    const notes = notesIn(await readText(file))
    if (notes.length === 0) throw new Stop('invalid_request', `There is no checkpoint in ${file}.`)
    for (const note of notes) {
      const checkpoint = openCheckpoint(note, keys)
      if (!checkpoint)
        throw new Stop('invalid_request', `A checkpoint in ${file} is not signed by a key that was given.`)
      kept.push(checkpoint)
    }
  }
  if (kept.length > 0) return kept
  throw new Stop('invalid_request', `There is no checkpoint in ${path}.`)
}

/** More than any evidence of one grant, and little enough to be read whole. */
const mostEvidence = 16 * 1024 * 1024

/** What a file says, if it is evidence. */
export async function evidenceIn(file: string): Promise<Evidence | undefined> {
  const { size } = await stat(file).catch(unreadable(file))
  if (size > mostEvidence) return undefined
  return parseEvidence(await readText(file))
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(unreadable(path))

const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new Stop('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  }
