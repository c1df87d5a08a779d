package org.wardkey.app.provider

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import okhttp3.Dns
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Protocol
import okhttp3.Response
import okhttp3.ResponseBody.Companion.asResponseBody
import okio.Buffer
import okio.ForwardingSource
import okio.buffer
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.boundary.BoundaryWorld
import org.wardkey.app.boundary.app
import org.wardkey.app.words.failure
import org.wardkey.core.FetchException
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import java.time.Duration
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.seconds

/** However a fetch ends, the core hears of it: it would wait for ever otherwise. */
@RunWith(RobolectricTestRunner::class)
internal class AssetLinksEndTest {
    @Test
    fun `an Error is a failure`() {
        val links = OkHttpAssetLinks { throw NoClassDefFoundError("okhttp3/Gone") }
        assertTrue("okhttp3/Gone" in failureOf(links).detail)
    }

    @Test
    fun `memory that runs out while the answer is read is a failure`() {
        val client = OkHttpClient.Builder().addInterceptor { chain ->
            val source = object : ForwardingSource(Buffer()) {
                override fun read(sink: Buffer, byteCount: Long) = throw OutOfMemoryError("no memory")
            }
            Response.Builder().request(chain.request()).protocol(Protocol.HTTP_1_1).code(200).message("OK")
                .body(source.buffer().asResponseBody("application/json".toMediaType()))
                .build()
        }.build()
        assertTrue("no memory" in failureOf(OkHttpAssetLinks { client }).detail)
    }

    @Test
    fun `the cancellation of something else is a failure`() {
        val links = OkHttpAssetLinks { throw CancellationException("something else") }
        assertTrue("something else" in failureOf(links).detail)
    }

    /** OkHttp can end a call, but not wake a thread that Android keeps in a look-up. */
    @Test
    fun `the look-up of a name that hangs is a failure in time`() {
        val over = CountDownLatch(1)
        val client = OkHttpClient.Builder().dns(Dns { over.await().let { emptyList() } }).build()
        try {
            val links = OkHttpAssetLinks(Duration.ofMillis(100)) { client }
            assertTrue(failureOf(links).detail.endsWith("timeout"))
        } finally {
            over.countDown()
        }
    }

    @Test
    fun `the core refuses the application for each`() {
        val escaping = listOf(NoClassDefFoundError(), CancellationException(), IllegalStateException())
        for (thrown in escaping) {
            val world = BoundaryWorld(links = OkHttpAssetLinks { throw thrown })
            val refused = assertThrows(PasskeyException::class.java) {
                runBlocking { withTimeout(30.seconds) { world.register(caller = app()) } }
            }
            assertEquals(Reason.SITE_UNREACHABLE, refused.failure.reason)
        }
    }

    private fun failureOf(links: OkHttpAssetLinks): FetchException.Failed =
        assertThrows(FetchException.Failed::class.java) {
            runBlocking { links.fetch("https://login.example.org/.well-known/assetlinks.json") }
        }
}
