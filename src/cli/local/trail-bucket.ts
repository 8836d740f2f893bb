import type { Readable } from 'node:stream'
import { Stop } from '../remote/stop.js'
import { isTrailLog, type TrailFile } from './trail-sources.js'

export interface BucketOptions {
  /** The bucket's; the environment's where it is not given. */
  readonly region?: string
  /** Of something that speaks S3, in place of AWS. */
  readonly endpoint?: string
}

const uri = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/

export const isBucket = (path: string): boolean => path.startsWith('s3://')

/**
 * The logs under a prefix of a bucket, in the order of their names. Needs s3:ListBucket and s3:GetObject, and the key
 * where the trail is encrypted with one; credentials are those that the AWS SDK finds. Rejects with a `Stop`.
 */
export async function* filesIn(path: string, { region, endpoint }: BucketOptions): AsyncGenerator<TrailFile> {
  const [, Bucket, Prefix = ''] = uri.exec(path) ?? []
  if (Bucket === undefined)
    throw new Stop('invalid_request', `${path} is no place in S3; write it as s3://bucket/prefix.`)
  const s3 = await import('@aws-sdk/client-s3').catch(() => {
    throw new Stop(
      'invalid_config',
      'A trail in S3 needs the package "@aws-sdk/client-s3" (npm install @aws-sdk/client-s3).',
    )
  })
  const client = new s3.S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  })
  const open = async (Key: string): Promise<Readable> =>
    (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).Body as Readable
  let count = 0
  try {
    let next: string | undefined
    do {
      const page = await client
        .send(
          new s3.ListObjectsV2Command({
            Bucket,
            Prefix,
            ...(next !== undefined && { ContinuationToken: next }),
          }),
        )
        .catch((error: Error) => {
          throw new Stop('unreachable', `${path} cannot be listed (${error.name}: ${error.message}).`)
        })
      for (const { Key } of page.Contents ?? []) {
        if (Key === undefined || !isTrailLog(Key)) continue
        count++
        yield { name: `s3://${Bucket}/${Key}`, open: () => open(Key) }
      }
      next = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (next !== undefined)
  } finally {
    client.destroy()
  }
  if (count === 0)
    throw new Stop('invalid_request', `There is no log of CloudTrail under ${path} (.json, .json.gz).`)
}
