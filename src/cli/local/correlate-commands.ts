import type { Command } from 'commander'
import { exits } from '../../fault.js'
import type { Frame } from '../remote/frame.js'
import type { CorrelateOptions, Surroundings } from './correlate.js'

/** `stint audit correlate`, beneath the commands on the record. */
export function addCorrelate(audit: Command, frame: Frame, surroundings: Surroundings): void {
  frame
    .command(audit, 'correlate <place...>', 'compare the record with what CloudTrail has', {
      text: `Places are files of CloudTrail (.json, .json.gz, ndjson), folders of them, or s3://bucket/prefix. Told are: sessions of the
catalogue's roles that no grant is of, whoever made them; what grants' sessions were refused, did elsewhere or after their
end; grants that were never used; what became of issuances whose answer was lost; and, per role, what nobody used in
--days, as a narrower ceiling. What the trail cannot show is named and never concluded from.

Exits with 0 when the record explains all that the trail shows, and with ${exits.odd} when it does not, when something worked that
should not have, or when a file could not be read whole.`,
      examples: [
        'stint audit correlate /var/trail/AWSLogs --record record.ndjson --config stint.yaml',
        'stint audit correlate s3://acme-trail/AWSLogs/o-1/123456789012/CloudTrail/ --region eu-west-1',
        'stint audit correlate trail.json.gz --days 30 --data-events dynamodb s3 --json',
      ],
    })
    .option('--record <file...>', 'read these exports (ndjson, .gz too) in place of asking the broker')
    .option(
      '-c, --config <file>',
      'the configuration: its roles are compared beside those that the record names',
    )
    .option('--days <count>', 'what was not used in so many days is proposed to go', '90')
    .option('--data-events <services...>', 'services of which the trail records every data event, such as s3')
    .option('--region <region>', 'the region of the bucket')
    .option('--endpoint <url>', 'something else that speaks S3')
    .option('--all', 'every finding; else twenty of a kind')
    .action(
      frame.act(async (session, places: readonly string[], options: CorrelateOptions) => {
        const { correlate } = await import('./correlate.js')
        return correlate(session, places, options, surroundings)
      }),
    )
}
