package org.wardkey.app.screens.preflight

import kotlinx.coroutines.runBlocking
import mockwebserver3.MockResponse
import mockwebserver3.MockWebServer
import mockwebserver3.SocketEffect
import okhttp3.OkHttpClient
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.selfSigned
import java.net.InetAddress
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.cert.X509Certificate
import java.security.spec.ECGenParameterSpec
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.X509TrustManager

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
            assertEquals("HEAD", server.takeRequest().method)
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
    fun `nobody there is a network that blocks, or no network`() {
        serve(MockResponse())
        val port = server.port
        server.close()
        assertEquals(TunnelReach.BLOCKED, reach(trusting, port))
        assertEquals(TunnelReach.OFFLINE, reach(trusting, port, online = false))
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
}
