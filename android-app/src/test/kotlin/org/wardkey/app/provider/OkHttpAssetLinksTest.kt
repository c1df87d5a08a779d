package org.wardkey.app.provider

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import mockwebserver3.MockResponse
import mockwebserver3.MockWebServer
import mockwebserver3.SocketEffect
import okhttp3.OkHttpClient
import okio.Buffer
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.selfSigned
import org.wardkey.core.FetchException
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.time.Duration
import java.util.concurrent.TimeUnit
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/** Against a real server with TLS: only a plain, direct, whole answer counts. */
@RunWith(RobolectricTestRunner::class)
internal class OkHttpAssetLinksTest {
    private val server = MockWebServer()
    private val tls = Tls()
    private val links = OkHttpAssetLinks(base = ::trusting)

    @Before
    fun start() {
        server.useHttps(tls.context.socketFactory)
        server.start()
    }

    @After
    fun stop() = server.close()

    private fun taken() = checkNotNull(server.takeRequest(30, TimeUnit.SECONDS)) { "nobody asked" }

    @Test
    fun `takes a JSON answer as it is`() {
        server.enqueue(answer("[\"ŵ\"]"))
        assertEquals("[\"ŵ\"]", fetch())
        val request = taken()
        assertEquals("/.well-known/assetlinks.json", request.url.encodedPath)
        assertEquals("application/json", request.headers["Accept"])
        server.enqueue(answer("[]", type = "application/json; charset=utf-8"))
        assertEquals("[]", fetch())
    }

    @Test
    fun `follows no redirect, not even to the same site`() {
        for (code in listOf(301, 302, 303, 307, 308)) {
            server.enqueue(MockResponse(code = code).newBuilder().addHeader("Location", url()).build())
            server.enqueue(answer("[]"))
            assertRefused("answered $code")
            taken()
            assertEquals("the redirect itself, and nothing after it", "[]", fetch())
            taken()
        }
    }

    @Test
    fun `takes no other status`() {
        for (code in listOf(201, 204, 206, 304, 401, 404, 500)) {
            server.enqueue(answer("").newBuilder().code(code).build())
            assertRefused("answered $code")
        }
    }

    @Test
    fun `takes nothing but JSON in UTF-8`() {
        for (type in listOf("text/html", "text/plain", "application/jsonp", "json")) {
            server.enqueue(answer("[]", type = type))
            assertRefused("not JSON")
        }
        server.enqueue(MockResponse(body = "[]"))
        assertRefused("not JSON")
        val latin = Buffer().writeByte('"'.code).writeByte(0xe9).writeByte('"'.code)
        server.enqueue(answer("").newBuilder().body(latin).build())
        assertRefused("not UTF-8")
    }

    @Test
    fun `takes a mebibyte and no byte more, said or not`() {
        val mebibyte = "\"" + "x".repeat(1024 * 1024 - 2) + "\""
        server.enqueue(answer(mebibyte))
        assertEquals(mebibyte.length, fetch().length)
        server.enqueue(answer("$mebibyte "))
        assertRefused("longer than 1048576 bytes")
        server.enqueue(answer("").newBuilder().chunkedBody("$mebibyte ", 4096).build())
        assertRefused("longer than 1048576 bytes")
    }

    @Test
    fun `takes no half answer`() {
        server.enqueue(answer("[1, 2, 3]").newBuilder().onResponseBody(SocketEffect.CloseSocket()).build())
        assertRefused("could not be fetched")
    }

    @Test
    fun `waits no longer than a person would`() {
        server.enqueue(MockResponse().newBuilder().onResponseStart(SocketEffect.Stall).build())
        val impatient = OkHttpAssetLinks(Duration.ofMillis(300), ::trusting)
        assertRefused("timeout", impatient)
    }

    @Test
    fun `asks nobody without TLS`() {
        val plain = "http://localhost:${server.port}/"
        for (address in listOf(plain, "ftp://localhost/", "localhost", "", "https://")) {
            assertRefused("not an https address", address = address)
        }
        assertEquals(0, server.requestCount)
    }

    @Test
    fun `takes no answer from somebody else`() {
        server.enqueue(answer("[]"))
        assertRefused("could not be fetched", OkHttpAssetLinks())
        assertEquals("nothing was asked", 0, server.requestCount)
    }

    @Test
    fun `hangs up when nobody waits any more`() = runBlocking {
        server.enqueue(MockResponse().newBuilder().onResponseStart(SocketEffect.Stall).build())
        val client = trusting()
        val fetching = async(Dispatchers.IO, CoroutineStart.UNDISPATCHED) {
            OkHttpAssetLinks { client }.fetch(url())
        }
        taken()
        fetching.cancelAndJoin()
        assertTrue(fetching.isCancelled)
        assertTrue("the call is over", client.dispatcher.runningCalls().all { it.isCanceled() })
    }

    private fun fetch(links: OkHttpAssetLinks = this.links, address: String = url()) =
        runBlocking { links.fetch(address) }

    private fun assertRefused(
        problem: String,
        links: OkHttpAssetLinks = this.links,
        address: String = url(),
    ) {
        val failure = assertThrows(FetchException.Failed::class.java) { fetch(links, address) }
        assertTrue("${failure.detail} says nothing of $problem", problem in failure.detail)
    }

    private fun url() = "https://localhost:${server.port}/.well-known/assetlinks.json"

    private fun answer(body: String, type: String = "application/json") =
        MockResponse(body = body).newBuilder().setHeader("Content-Type", type).build()

    private fun trusting() = OkHttpClient.Builder()
        .sslSocketFactory(tls.context.socketFactory, tls.trust)
        // The certificate is of another making than a site's; whom it names is not what is tested.
        .hostnameVerifier { _, _ -> true }
        .build()

    /** One certificate that server and client agree on. */
    private class Tls {
        private val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply {
            load(null)
            val pair = KeyPairGenerator.getInstance("EC").apply { initialize(256) }.generateKeyPair()
            setKeyEntry("server", pair.private, CharArray(0), arrayOf(selfSigned(pair)))
        }
        val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
            .apply { init(store) }.trustManagers.filterIsInstance<X509TrustManager>().single()
        val context: SSLContext = SSLContext.getInstance("TLS").apply {
            val keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
            keys.init(store, CharArray(0))
            init(keys.keyManagers, arrayOf(trust), null)
        }
    }
}
