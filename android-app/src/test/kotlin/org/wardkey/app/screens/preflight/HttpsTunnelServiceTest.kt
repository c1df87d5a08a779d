package org.wardkey.app.screens.preflight

import android.net.ConnectivityManager
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import mockwebserver3.MockResponse
import mockwebserver3.MockWebServer
import mockwebserver3.SocketEffect
import okhttp3.Dns
import okhttp3.OkHttpClient
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.fakes.selfSigned
import org.wardkey.app.withNobodyAt
import org.wardkey.core.TunnelReach
import java.net.InetAddress
import java.net.ServerSocket
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.cert.X509Certificate
import java.security.spec.ECGenParameterSpec
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.X509TrustManager
import kotlin.time.Duration.Companion.seconds

/** The check of the tunnel service against servers that answer, lie, cut the line or are not there. */
@RunWith(RobolectricTestRunner::class)
internal class HttpsTunnelServiceTest {
    private val server = MockWebServer()

    @After
    fun `stop the server`() = server.close()

    @Test
    fun `any answer is reach, redirects and errors too`() {
        for (code in listOf(200, 301, 404, 503)) {
            serve(MockResponse(code = code))
            assertEquals("HTTP $code", TunnelReach.REACHED, reach(trusting))
            assertEquals("HEAD", server.takeRequest(30, TimeUnit.SECONDS)?.method)
        }
    }

    @Test
    fun `a certificate that the phone does not trust is an interception`() {
        serve(MockResponse())
        assertEquals(TunnelReach.INTERCEPTED, reach(OkHttpClient()))
    }

    @Test
    fun `a trusted certificate of another host is an interception`() {
        serve(MockResponse())
        val strict = trusting.newBuilder().hostnameVerifier { _, _ -> false }.build()
        assertEquals(TunnelReach.INTERCEPTED, reach(strict))
    }

    @Test
    fun `a line that is cut in the handshake is a network that blocks`() {
        serve(MockResponse.Builder().onResponseStart(SocketEffect.CloseSocket()).build())
        assertEquals(TunnelReach.BLOCKED, reach(trusting))
    }

    @Test
    fun `nobody there is a network that blocks, or no network`() = withNobodyAt { port ->
        assertEquals(TunnelReach.BLOCKED, reach(trusting, port))
        assertEquals(TunnelReach.OFFLINE, reach(trusting, port, online = false))
    }

    @Test
    fun `Android says whether there is a network at all`() {
        val application = RuntimeEnvironment.getApplication()
        val connectivity = shadowOf(application.getSystemService(ConnectivityManager::class.java))
        withNobodyAt { port ->
            val service = HttpsTunnelService(application, port)
            assertEquals(TunnelReach.BLOCKED, runBlocking { service.reach("127.0.0.1") })
            connectivity.setActiveNetworkInfo(null)
            assertEquals(TunnelReach.OFFLINE, runBlocking { service.reach("127.0.0.1") })
        }
    }

    /** Nothing wakes a thread that looks up a name, so nobody waits for it. */
    @Test
    fun `a look-up that hangs is a network that blocks, or no network`() {
        val over = CountDownLatch(1)
        val hanging = Dns {
            over.await()
            listOf(InetAddress.getLoopbackAddress())
        }
        val client = trusting.newBuilder().dns(hanging).build()
        serve(MockResponse())
        try {
            assertEquals(TunnelReach.BLOCKED, reachInTime(client, server.port, HOST))
            assertEquals(TunnelReach.OFFLINE, reachInTime(client, server.port, HOST, online = false))
        } finally {
            over.countDown()
        }
    }

    @Test
    fun `a service that accepts and never answers is a network that blocks`() {
        serve(MockResponse.Builder().onResponseStart(SocketEffect.Stall).build())
        assertEquals("after the handshake", TunnelReach.BLOCKED, reachInTime(trusting, server.port))
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { mute ->
            assertEquals("not even in it", TunnelReach.BLOCKED, reachInTime(trusting, mute.localPort))
        }
    }

    @Test
    fun `a host name that cannot be is out of reach`() {
        val service = HttpsTunnelService({ true }, { trusting })
        assertEquals(TunnelReach.BLOCKED, runBlocking { service.reach("not a host") })
    }

    private fun serve(response: MockResponse) {
        if (!started) {
            server.useHttps(context.socketFactory)
            server.start(InetAddress.getLoopbackAddress(), 0)
            started = true
        }
        server.enqueue(response)
    }

    private var started = false

    private fun reach(client: OkHttpClient, port: Int = server.port, online: Boolean = true): TunnelReach =
        runBlocking { HttpsTunnelService({ online }, { client }, port).reach("127.0.0.1") }

    /** With a client that has no deadlines of its own, and a limit beyond which the service took too long. */
    private fun reachInTime(
        client: OkHttpClient,
        port: Int,
        host: String = "127.0.0.1",
        online: Boolean = true,
    ): TunnelReach = runBlocking {
        val patient = client.newBuilder().readTimeout(Duration.ZERO).connectTimeout(Duration.ZERO).build()
        val service = HttpsTunnelService({ online }, { patient }, port, patience = Duration.ofMillis(300))
        withTimeout(20.seconds) { service.reach(host) }
    }

    private val context: SSLContext by lazy {
        val pair = KeyPairGenerator.getInstance("EC").run {
            initialize(ECGenParameterSpec("secp256r1"))
            generateKeyPair()
        }
        val keys = KeyStore.getInstance("PKCS12").apply {
            load(null)
            setKeyEntry("server", pair.private, CharArray(0), arrayOf(selfSigned(pair)))
        }
        val managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
        managers.init(keys, CharArray(0))
        SSLContext.getInstance("TLS").apply { init(managers.keyManagers, arrayOf(trustingManager), null) }
    }

    private val trusting by lazy {
        OkHttpClient.Builder()
            .sslSocketFactory(context.socketFactory, trustingManager)
            .hostnameVerifier { _, _ -> true }
            .build()
    }

    private val trustingManager = object : X509TrustManager {
        override fun checkClientTrusted(chain: Array<X509Certificate>, authType: String) = Unit

        override fun checkServerTrusted(chain: Array<X509Certificate>, authType: String) = Unit

        override fun getAcceptedIssuers() = emptyArray<X509Certificate>()
    }

    private companion object {
        /** A name, which has to be looked up. */
        const val HOST = "cable.example.org"
    }
}
