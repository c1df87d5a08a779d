package org.wardkey.app.provider

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.suspendCancellableCoroutine
import okhttp3.Call
import okhttp3.Callback
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.FetchException
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.time.Duration
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

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
            // Digital Asset Links are read where they stand: who can redirect is not who owns the domain.
            .followRedirects(false)
            .followSslRedirects(false)
            // From the name look-up to the last byte; somebody waits in front of a screen that shows nothing.
            .callTimeout(patience)
            .build()
    }

    override suspend fun fetch(url: String): String = try {
        val address = url.toHttpUrlOrNull()
        if (address?.isHttps != true) throw IOException("not an https address")
        val request = Request.Builder().url(address).header("Accept", JSON).build()
        answerTo(client.newCall(request)).use(::textOf)
    } catch (failure: CancellationException) {
        throw failure
    } catch (failure: IOException) {
        throw failed(failure)
    } catch (failure: RuntimeException) {
        // OkHttp throws these for a broken proxy setting or a host that is no name.
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

    private fun failed(cause: Exception): FetchException {
        val problem = cause.message ?: cause.javaClass.simpleName
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
