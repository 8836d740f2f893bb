import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { Fault } from '../fault.js'
import type { Clock } from '../time.js'
import type { Outlet } from './checkpoints.js'
import { fileOf, folderOf, occupied } from './outlets.js'

interface BucketOptions {
  readonly name: string
  readonly region: string
  readonly prefix: string
  readonly retain: number
  readonly endpoint?: string
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>
  readonly clock: Clock
}

/**
 * A bucket of S3 with Object Lock: each checkpoint is an object that nobody, its account's root user included, can
 * delete or replace before its time (docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html, compliance mode).
 * Needs s3:PutObject, s3:PutObjectRetention, s3:GetObject and s3:ListBucket. Rejects with `invalid_config` where the
 * package is not installed.
 */
export async function bucketOutlet(options: BucketOptions): Promise<Outlet & { close(): void }> {
  const { name: Bucket, region, prefix, retain, endpoint, credentials, clock } = options
  const s3 = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    const detail =
      'checkpoints.bucket needs the package "@aws-sdk/client-s3" (npm install @aws-sdk/client-s3).'
    throw new Fault('invalid_config', detail, { cause })
  })
  const client = new s3.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
  })
  const read = async (Key: string): Promise<string> =>
    (await (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? ''

  return {
    name: 'bucket',
    async newest(origin, after) {
      const Prefix = `${prefix}${folderOf(origin)}/`
      let last: string | undefined
      // Keys sort as sizes do, so what the store knows of is passed over.
      for (let StartAfter = `${Prefix}${fileOf(Math.max(0, after - 1))}`; ; StartAfter = last ?? StartAfter) {
        const page = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix, StartAfter }))
        last = page.Contents?.at(-1)?.Key ?? last
        if (!page.IsTruncated) break
      }
      return last === undefined ? undefined : read(last)
    },
    async publish({ origin, size }, note) {
      const Key = `${prefix}${folderOf(origin)}/${fileOf(size)}`
      const put = new s3.PutObjectCommand({
        Bucket,
        Key,
        Body: note,
        ContentType: 'text/plain; charset=utf-8',
        IfNoneMatch: '*',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(clock() + retain),
      })
      await client.send(put).catch(async (error: unknown) => {
        if (!(error instanceof Error && error.name === 'PreconditionFailed')) throw error
        if ((await read(Key)) !== note) throw occupied(`s3://${Bucket}/${Key}`)
      })
    },
    close: () => client.destroy(),
  }
}
