import Image from 'next/image'
import Head from 'next/head'
import { Picture } from 'unplugin-imagegen/react'
import { harbour, lighthouse } from '../pictures/harbour.image.yaml'

/** The same pictures in the Pages Router. */
export default function Classic() {
  return (
    <main>
      <Head>
        <title>Harbour, classic</title>
        <link rel="icon" href="data:," />
      </Head>
      <Picture image={harbour} sizes="640px" />
      <Image src={lighthouse} alt={lighthouse.alt} placeholder="blur" unoptimized />
    </main>
  )
}
