import { Option, type Command } from 'commander'
import { Fault } from '../../../fault.js'
import { failure } from '../../answer.js'
import type { Frame } from '../../remote/frame.js'
import { Stop } from '../../remote/stop.js'
import type { ReportOptions } from './report.js'

/** `stint audit report`, beneath the command that reads the record. */
export function addReport(audit: Command, frame: Frame): void {
  frame
    .command(audit, 'report', 'an access review of a period: one page that prints well, or a table', {
      text: `Who was granted what, how often and with whose consent, what is unusual, and the signed checkpoint that it rests on. The
record is read whole, from the broker or from an export; with --key it is verified on the way, and nothing is reported
from one that does not hold. Every rule for what is unusual is explained in the report. It shows what was at the end
of the period, in UTC, and the same record, period and options make the same bytes. With --config it also says who
could have got what, and which roles nobody asked for.`,
      examples: [
        'stint audit report --from 2026-07-01 --to 2026-10-01 --key checkpoint.pub --out review.html',
        'stint audit report --from 2026-07-01 --to 2026-10-01 --record record.ndjson --key checkpoint.pub --checkpoint /mnt/worm/stint --config stint.yaml --by "Cy, internal audit" --out review.html',
        'stint audit report --from 90d --format csv --out grants.csv',
      ],
    })
    .requiredOption(
      '--from <time>',
      'where the period begins: 2026-07-01, 2026-07-01T10:00:00Z, or 90d for ninety days ago',
    )
    .option('--to <time>', 'where it ends, itself not in it; now, unless given')
    .option('--record <file...>', 'read these exports (ndjson, .gz too) in place of asking the broker')
    .option('--key <key...>', 'the public keys, or files with one a line')
    .option('--checkpoint <path...>', 'checkpoints that were kept elsewhere: files, or folders of them')
    .option('-c, --config <file>', 'a configuration, for who could get what')
    .option('--by <name>', 'who made it, as it is to say; else who is signed in, where the broker is asked')
    .addOption(
      new Option('--format <format>', 'a page, or a table with one grant a line')
        .choices(['html', 'csv'])
        .default('html'),
    )
    .option('--out <file>', 'write there; else to stdout')
    .action(
      frame.act((session, options: ReportOptions) =>
        import('./report.js')
          .then(({ report }) => report(session, options))
          .catch((error: unknown) => {
            if (!(error instanceof Fault)) throw error
            throw new Stop(error.code, failure(error, options.config ?? '').err.trimEnd())
          }),
      ),
    )
}
