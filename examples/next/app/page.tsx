import Image from 'next/image'
import { Picture } from 'unplugin-imagegen/react'
import { Postcard } from '../components/postcard'
import { harbour, lighthouse } from '../pictures/harbour.image.yaml'

export default function Page() {
  return (
    <main>
      <h1>Harbour</h1>
      <Picture image={harbour} sizes="(min-width: 640px) 640px, 100vw" priority />
      <Image src={lighthouse} alt={lighthouse.alt} placeholder="blur" sizes="640px" preload />
      <Postcard />
    </main>
  )
}
