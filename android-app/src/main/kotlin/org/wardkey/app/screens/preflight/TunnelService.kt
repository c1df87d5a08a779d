package org.wardkey.app.screens.preflight

import android.content.Context
import android.net.ConnectivityManager
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeoutOrNull
import okhttp3.Call
import okhttp3.Callback
import okhttp3.HttpUrl
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import org.wardkey.app.network.CheckedFailures
import org.wardkey.app.network.isAboutACertificate
import org.wardkey.core.TunnelReach
import java.io.IOException
import java.time.Duration
import kotlin.coroutines.resume
import kotlin.time.toKotlinDuration

/** Finds out whether the tunnel service is within reach. */
internal fun interface TunnelService {
    suspend fun reach(domain: String): TunnelReach
}

/**
 * Asks the service for its front page. Any answer will do, under a certificate that the phone trusts: what
 * counts is who answers, not what.
 *
 * @property client made when it is first needed, because that takes a moment
 * @property isOnline whether the phone has a network at all, asked once the service could not be reached
 * @property port where it listens; another than the usual one in tests only
 * @property patience how long the service has to answer, with all that comes before
 */
internal class HttpsTunnelService(
    private val isOnline: () -> Boolean,
    private val client: () -> OkHttpClient = ::OkHttpClient,
    private val port: Int = HttpUrl.defaultPort("https"),
    private val patience: Duration = Duration.ofSeconds(5),
) : TunnelService {
    constructor(context: Context, port: Int = HttpUrl.defaultPort("https")) : this(
        isOnline = { context.getSystemService(ConnectivityManager::class.java).activeNetwork != null },
        port = port,
    )

    override suspend fun reach(domain: String): TunnelReach {
        val url = try {
            HttpUrl.Builder().scheme("https").host(domain).port(port).build()
        } catch (_: IllegalArgumentException) {
            // No such host can exist; the configuration's report says what is wrong with it.
            return TunnelReach.BLOCKED
        }
        val asking = client().newBuilder()
            .addInterceptor(CheckedFailures)
            .followRedirects(false)
            .build()
        val call = asking.newCall(Request.Builder().url(url).head().build())
        // From the name look-up, which OkHttp cannot break off: no finding is shown before the last is there.
        return withTimeoutOrNull(patience.toKotlinDuration()) { answer(call) } ?: outOfReach()
    }

    private suspend fun answer(call: Call): TunnelReach = suspendCancellableCoroutine { waiting ->
        waiting.invokeOnCancellation { call.cancel() }
        call.enqueue(object : Callback {
            override fun onFailure(call: Call, e: IOException) = waiting.resume(reachAfter(e))

            override fun onResponse(call: Call, response: Response) {
                response.close()
                waiting.resume(TunnelReach.REACHED)
            }
        })
    }

    private fun reachAfter(failure: IOException) =
        if (failure.isAboutACertificate()) TunnelReach.INTERCEPTED else outOfReach()

    private fun outOfReach() = if (isOnline()) TunnelReach.BLOCKED else TunnelReach.OFFLINE
}
