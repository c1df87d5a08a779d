package org.wardkey.app.network

import okhttp3.Interceptor
import okhttp3.Response
import java.io.IOException

/**
 * Makes an [IOException] of every other exception in a call. OkHttp reports any failure to its callback, but
 * throws what is no IOException once more, on a thread of its own, which ends the app. Android throws such
 * exceptions where the network is denied to an app, and where a proxy is set that cannot be read.
 *
 * It covers what comes after it, name look-ups and sockets included, so it is each client's first
 * interceptor. What is done with a socket once the call has its answer is for whoever takes it: [checked].
 */
internal object CheckedFailures : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response = checked { chain.proceed(chain.request()) }
}

/** Does [work]; a RuntimeException comes out as the cause of an [IOException]. */
internal inline fun <T> checked(work: () -> T): T = try {
    work()
} catch (failure: RuntimeException) {
    throw IOException(failure)
}
