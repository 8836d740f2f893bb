import { leafOf } from '../../audit/chain.js'
import { csvLine, eventColumns } from '../../audit/format.js'
import { toOcsf } from '../../audit/ocsf.js'
import { toldBy } from '../../audit/told.js'
import { iso } from '../../time.js'

/** How an export is written down. */
interface Form {
  readonly heading: string
  /** A line of the record, newline and all; empty for what the form has no place for, such as checkpoints. */
  line(text: string): string
}

/** The forms of an export, by their name on the command line. */
export const forms: Readonly<Record<'ndjson' | 'csv' | 'ocsf', Form>> = {
  ndjson: { heading: '', line: (text) => `${text}\n` },
  csv: { heading: csvLine(eventColumns), line: rowOf },
  ocsf: {
    heading: '',
    line(text) {
      const told = toOcsf(text)
      return told === undefined ? '' : `${told}\n`
    },
  },
}

function rowOf(text: string): string {
  const told = toldBy(text)
  if (!told) return ''
  const { seq, at, kind, by, grant } = told
  const row = { seq, at: iso(at), kind, by, grant, leaf: leafOf(text), text }
  return csvLine(eventColumns.map((column) => row[column]))
}
