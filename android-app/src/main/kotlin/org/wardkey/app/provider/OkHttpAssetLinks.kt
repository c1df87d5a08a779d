package org.wardkey.app.provider

import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeout
import okhttp3.Call
import okhttp3.Callback
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import org.wardkey.app.network.CheckedFailures
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.FetchException
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.time.Duration
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlin.time.toKotlinDuration

/**
 * Fetches a relying party's statement about its applications. Whatever is not a plain, direct answer counts
 * as none: the application is then refused, as if its relying party had not named it.
 */
internal class OkHttpAssetLinks(
    private val patience: Duration = Duration.ofSeconds(10),
    private val base: () -> OkHttpClient = ::OkHttpClient,
) : AssetLinkFetcher {
    /** Made when somebody needs it: browsers, the most frequent callers, do not. */
    private val client by lazy {
        base().newBuilder()
            .addInterceptor(CheckedFailures)
            // Digital Asset Links are read where they stand: who can redirect is not who owns the domain.
            .followRedirects(false)
            .followSslRedirects(false)
            .callTimeout(patience)
            .build()
    }

    /**
     * The core waits for ever for an answer that is neither a value nor a [FetchException], so nothing else
     * gets out, not even an Error. Only the cancellation of the waiting coroutine itself passes.
     */
    @Suppress("TooGenericExceptionCaught")
    override suspend fun fetch(url: String): String = try {
        val address = url.toHttpUrlOrNull()
        if (address?.isHttps != true) throw IOException("not an https address")
        val request = Request.Builder().url(address).header("Accept", JSON).build()
        // From the name look-up, which OkHttp cannot break off, to the last byte: somebody waits in front of
        // a screen that shows nothing.
        withTimeout(patience.toKotlinDuration()) { answerTo(client.newCall(request)).use(::textOf) }
    } catch (failure: Throwable) {
        currentCoroutineContext().ensureActive()
        throw failed(failure)
    }

    private suspend fun answerTo(call: Call): Response = suspendCancellableCoroutine { waiting ->
        waiting.invokeOnCancellation { call.cancel() }
        call.enqueue(object : Callback {
            override fun onFailure(call: Call, e: IOException) = waiting.resumeWithException(e)

            override fun onResponse(call: Call, response: Response) =
                waiting.resume(response) { _, unwanted, _ -> unwanted.close() }
        })
    }

    /** Throws unless [response] is a JSON text of a sane length. */
    private fun textOf(response: Response): String {
        if (response.code != OK) throw IOException("the site answered ${response.code}")
        val type = response.body.contentType()
        if ("${type?.type}/${type?.subtype}" != JSON) throw IOException("the answer is not JSON")
        val source = response.body.source()
        if (source.request(LONGEST + 1)) throw IOException("the answer is longer than $LONGEST bytes")
        return try {
            // Strict, unlike String(): the core judges what the site wrote, not what became of it.
            Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(source.readByteArray())).toString()
        } catch (_: CharacterCodingException) {
            throw IOException("the answer is not UTF-8")
        }
    }

    private fun failed(cause: Throwable): FetchException {
        val problem = when (cause) {
            is TimeoutCancellationException -> "timeout"
            else -> cause.message ?: cause.javaClass.simpleName
        }
        return FetchException.Failed("the list of applications could not be fetched: $problem")
            .apply { initCause(cause) }
    }

    private companion object {
        const val JSON = "application/json"
        const val OK = 200

        /** Lists of the largest sites are a tenth of it. */
        const val LONGEST = 1024L * 1024
    }
}
