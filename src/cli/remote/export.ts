import { Option, type Command } from 'commander'
import { parseBeginning } from '../../audit/beginning.js'
import { noteIn } from '../../audit/verification.js'
import { forms } from './export-forms.js'
import type { Frame, Session } from './frame.js'
import { recordLines, recordOptions, type RecordSource } from './record.js'
import { writeWhole } from './whole-file.js'

interface ExportOptions extends RecordSource {
  readonly format: keyof typeof forms
  readonly out?: string
}

/** What a program that was interrupted ends with. */
const interrupted = 130

/** `stint audit export`, beneath the command that reads the record. */
export function addExport(audit: Command, frame: Frame): void {
  recordOptions(
    frame.command(audit, 'export', 'the whole record as a file, for whoever checks or keeps it', {
      text: `As ndjson, one line each: the events, as the very bytes that were hashed, and the checkpoints in their places, which
stint audit verify takes. With --from or --to it is a part of the record, without checkpoints: it can be read, but shows
nothing. csv is for spreadsheets, ocsf for a SIEM: OCSF 1.8.0, one event a line. To go on where an earlier export ended,
give --after its last number; the files are one record in that order. With --out the file is there whole or not at all.`,
      examples: [
        'stint audit export --out record.ndjson',
        'stint audit export --after 41210 --out since.ndjson',
        'stint audit export --format csv --from 30d --out month.csv',
        'stint audit export --record record.ndjson since.ndjson.gz --from 2026-10-01 --to 2026-11-01',
      ],
    }),
  )
    .option('--after <seq>', 'after this number')
    .addOption(new Option('--format <format>', 'how').choices(Object.keys(forms)).default('ndjson'))
    .option('--out <file>', 'write there; else to stdout')
    .action(frame.act(exportRecord))
}

async function exportRecord(session: Session, { format, out, ...source }: ExportOptions): Promise<number> {
  const { say, world } = session
  const stopped = new AbortController()
  const off = (['SIGINT', 'SIGTERM'] as const).map((signal) => world.on(signal, () => stopped.abort()))
  const count = { events: 0, checkpoints: 0 }
  const { heading, line: written } = forms[format]
  async function* text(): AsyncGenerator<string> {
    yield heading
    for await (const line of recordLines(session, { ...source, signal: stopped.signal })) {
      count[noteIn(line) === undefined && !parseBeginning(line) ? 'events' : 'checkpoints']++
      yield written(line)
    }
  }
  // To the byte, or the hashes would not hold; a terminal gets what it can show.
  const show = (line: string) => (world.stdout.isTTY ? say.data(line.trimEnd()) : say.raw(line))
  try {
    if (out !== undefined) await writeWhole(out, text(), world.random)
    else for await (const line of text()) show(line)
  } catch (error) {
    if (!stopped.signal.aborted) throw error
    say.note(
      `Interrupted after ${count.events} events${out === undefined ? '' : `; ${out} was not written`}.`,
      'red',
    )
    return interrupted
  } finally {
    for (const stop of off) stop()
  }
  const signed = format === 'ndjson' ? ` and ${count.checkpoints} checkpoints` : ''
  if (out !== undefined) say.note(`${out} has ${count.events} events${signed}.`)
  return 0
}
