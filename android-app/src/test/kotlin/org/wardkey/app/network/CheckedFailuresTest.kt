package org.wardkey.app.network

import kotlinx.coroutines.runBlocking
import okhttp3.Dispatcher
import okhttp3.Dns
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Protocol
import okhttp3.Response
import okio.Buffer
import okio.ByteString.Companion.encodeUtf8
import okio.Sink
import okio.Timeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.hybrid.OkHttpTunnel
import org.wardkey.app.hybrid.TunnelAccess
import org.wardkey.app.provider.OkHttpAssetLinks
import org.wardkey.app.screens.preflight.HttpsTunnelService
import org.wardkey.core.FetchException
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.TunnelProblem
import org.wardkey.core.TunnelReach
import java.io.IOException
import java.net.InetAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.Socket
import java.net.SocketAddress
import java.net.URI
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import javax.net.SocketFactory

/** What Android throws besides IOExceptions ends a call, and not the app. */
@RunWith(RobolectricTestRunner::class)
internal class CheckedFailuresTest {
    private val denied = SecurityException("Permission denied (missing INTERNET permission?)")
    private val events = LinkedBlockingQueue<HybridEvent>()
    private val order = HybridOrder.Connect("wss://$HOST/cable/new/0011", "fido.cable", "wss://$HOST")

    /** Where it may come from. */
    private class Source(val name: String, val arrange: OkHttpClient.Builder.() -> Unit)

    private val here = Dns { listOf(InetAddress.getLoopbackAddress()) }
    private val sources = listOf(
        Source("the look-up of a name") { dns(Dns { throw denied }) },
        Source("a proxy") { proxySelector(DeniedProxies()) },
        Source("making a socket") { dns(here).socketFactory(Sockets { throw denied }) },
        Source("connecting a socket") { dns(here).socketFactory(Sockets { DeniedSocket() }) },
    )

    @Test
    fun `a list of applications cannot be fetched`() = eachOf(OkHttpClient()) { client ->
        val links = OkHttpAssetLinks { client }
        val failure = assertThrows(FetchException.Failed::class.java) {
            runBlocking { links.fetch("https://$HOST/.well-known/assetlinks.json") }
        }
        assertTrue(failure.detail, "SecurityException" in failure.detail)
    }

    @Test
    fun `the tunnel service is out of reach for the preflight`() = eachOf(OkHttpClient()) { client ->
        val service = HttpsTunnelService({ true }, { client })
        assertEquals(TunnelReach.BLOCKED, runBlocking { service.reach(HOST) })
    }

    @Test
    fun `the tunnel service is out of reach for a ceremony`() = eachOf(TunnelAccess().client) { client ->
        OkHttpTunnel(client).connect(order, events::add)
        assertEquals(HybridEvent.TunnelFailed(TunnelProblem.Unreachable), next())
    }

    /** Messages leave on a thread that no interceptor stands before. */
    @Test
    fun `a tunnel that can no longer be written to has closed`() {
        val over = CountDownLatch(1)
        val client = TunnelAccess().client.newBuilder().addInterceptor(Upgraded(over)).build()
        try {
            val connection = OkHttpTunnel(client).connect(order, events::add)
            assertEquals(HybridEvent.TunnelOpened(null), next())
            connection.send(byteArrayOf(1))
            assertEquals(HybridEvent.TunnelClosed, next())
        } finally {
            over.countDown()
        }
    }

    @Test
    fun `what fails as it should fails as it did`() {
        val plain = IOException("unplugged")
        assertEquals(plain, assertThrows(IOException::class.java) { checked { throw plain } })
        assertEquals(denied, assertThrows(IOException::class.java) { checked { throw denied } }.cause)
        assertThrows(OutOfMemoryError::class.java) { checked { throw OutOfMemoryError() } }
        assertEquals(7, checked { 7 })
    }

    /** OkHttp's own threads, with a note of what escaped on them: on a phone, that ends the app. */
    private class Threads : ThreadPoolExecutor(0, 8, 1, TimeUnit.SECONDS, SynchronousQueue()) {
        val escaped = LinkedBlockingQueue<Throwable>()

        override fun afterExecute(work: Runnable, thrown: Throwable?) {
            thrown?.let(escaped::add)
        }
    }

    private fun eachOf(base: OkHttpClient, use: (OkHttpClient) -> Unit) {
        for (source in sources) {
            val threads = Threads()
            use(base.newBuilder().dispatcher(Dispatcher(threads)).apply(source.arrange).build())
            threads.shutdown()
            assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS))
            assertEquals(source.name, emptyList<Throwable>(), threads.escaped.toList())
        }
    }

    private fun next(): HybridEvent = checkNotNull(events.poll(30, TimeUnit.SECONDS)) { "nothing happened" }

    private inner class DeniedProxies : ProxySelector() {
        override fun select(uri: URI?): List<Proxy> = throw denied

        override fun connectFailed(uri: URI?, address: SocketAddress?, failure: IOException?) = Unit
    }

    private inner class DeniedSocket : Socket() {
        override fun connect(endpoint: SocketAddress?, timeout: Int) = throw denied
    }

    private class Sockets(private val make: () -> Socket) : SocketFactory() {
        override fun createSocket(): Socket = make()

        override fun createSocket(host: String?, port: Int): Socket = make()

        override fun createSocket(host: String?, port: Int, from: InetAddress?, fromPort: Int): Socket = make()

        override fun createSocket(host: InetAddress?, port: Int): Socket = make()

        override fun createSocket(host: InetAddress?, port: Int, from: InetAddress?, fromPort: Int): Socket =
            make()
    }

    /** A service that has accepted the WebSocket and is silent until [over]; writing to it fails. */
    private inner class Upgraded(private val over: CountDownLatch) : Interceptor {
        override fun intercept(chain: Interceptor.Chain): Response {
            val key = checkNotNull(chain.request().header("Sec-WebSocket-Key"))
            // RFC 6455 §4.2.2.
            val accept = "${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encodeUtf8().sha1().base64()
            return Response.Builder()
                .request(chain.request())
                .protocol(Protocol.HTTP_1_1)
                .code(101)
                .message("Switching Protocols")
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Accept", accept)
                .header("Sec-WebSocket-Protocol", "fido.cable")
                .socket(Silent())
                .build()
        }

        private inner class Silent : okio.Socket {
            override val source = object : okio.Source {
                override fun read(sink: Buffer, byteCount: Long): Long {
                    over.await()
                    return -1
                }

                override fun timeout() = Timeout.NONE

                override fun close() = Unit
            }
            override val sink = object : Sink {
                override fun write(source: Buffer, byteCount: Long) = throw denied

                override fun flush() = Unit

                override fun timeout() = Timeout.NONE

                override fun close() = Unit
            }

            override fun cancel() = over.countDown()
        }
    }

    private companion object {
        const val HOST = "cable.example.org"
    }
}
