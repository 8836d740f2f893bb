import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Stands in every secret key and session token that STS makes on loopback, and nowhere else: whatever a test wrote can
 * be searched for all of them at once, as it is or in the encoding of a URL or of JSON.
 */
export const canary = 'MintedOnLoopback'

/** Fails when any of these texts, by what they are, holds part of a secret that was minted. Does not repeat it. */
export function mustHoldNoSecret(texts: Readonly<Record<string, string>>): void {
  const found = Object.keys(texts).filter((name) => texts[name]?.includes(canary))
  if (found.length > 0) throw new Error(`A minted secret is in ${found.join(' and ')}.`)
}

/** The bytes of all files of a folder, or of a database file and those beside it, by their names. */
export function filesOf(place: string): Readonly<Record<string, string>> {
  const isFolder = existsSync(place) && statSync(place).isDirectory()
  const folder = isFolder ? place : dirname(place)
  if (!existsSync(folder)) return {}
  const names = readdirSync(folder).filter((name) => isFolder || name.startsWith(basename(place)))
  return Object.fromEntries(
    names
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [`the file ${basename(file)}`, readFileSync(file, 'latin1')]),
  )
}
