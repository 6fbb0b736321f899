/*
 * Asks for pictures as fast as so many requests at a time allow, and throws the answers away. What is compared with
 * `imagegen generate`.
 */
const [url = '', count = '1', concurrency = '16', prompts = ''] = process.argv.slice(2)
const left = Array.from({ length: Number(count) }, (_, index) => index).values()
await Promise.all(
  Array.from({ length: Number(concurrency) }, async () => {
    for (const index of left) {
      const response = await fetch(`${url}/v1/image_generation`, {
        method: 'POST',
        headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'image-01',
          prompt: `${prompts} ${index}`,
          width: 512,
          height: 512,
          response_format: 'base64',
          n: 1,
        }),
      })
      const answer = await response.text()
      if (!answer.includes('"status_code":0')) throw new Error(answer.slice(-300))
    }
  }),
)
