import { defineConfig } from 'unplugin-imagegen'
import s3Driver from 'unstorage/drivers/s3'

const { S3_KEY_ID = '', S3_SECRET = '' } = process.env

export default defineConfig({
  store: {
    remote: () =>
      s3Driver({
        endpoint: 'https://s3.eu-central-1.amazonaws.com',
        region: 'eu-central-1',
        bucket: 'our-pictures',
        accessKeyId: S3_KEY_ID,
        secretAccessKey: S3_SECRET,
      }),
  },
})
