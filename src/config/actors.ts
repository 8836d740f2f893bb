import type { Issuer } from '../identity/issuer.js'
import { entries, present, type Path, type Report } from './fault.js'
import type { IssuerEntry, Items } from './file.js'
import { listed } from './known.js'

/**
 * Nobody may approve the ask of their own run, so the person behind a run must be told by the same name as an
 * approver: `actors` says how. A directory of persons is theirs alone: a workload in it could be taken for one.
 */
export function checkActors(
  issuers: readonly Issuer[],
  rows: Items<IssuerEntry> | undefined,
  report: Report,
): void {
  const directories = new Set(
    issuers.filter(({ kind }) => kind === 'person').map(({ directory }) => directory),
  )
  const mustKnow = (directory: string, path: Path) => {
    if (!directories.has(directory))
      report(
        path,
        `names the directory ${directory}, which no issuer of persons has; there are ${listed([...directories])}`,
      )
  }
  for (const [at, { kind, directory, claims, actors }] of present(rows)) {
    const path: Path = ['issuers', at]
    if (kind === 'workload' && directory !== undefined && directories.has(directory))
      report([...path, 'directory'], 'is one of persons; say with actors who the persons behind the runs are')
    if (actors === undefined) continue
    if (claims?.actor === undefined)
      report([...path, 'actors'], 'needs claims.actor, the claim that names them')
    if (typeof actors === 'string') mustKnow(actors, [...path, 'actors'])
    else
      for (const [name, subject] of entries(actors))
        mustKnow(subject.slice(0, Math.max(0, subject.indexOf('#'))), [...path, 'actors', name])
  }
}
