package android.net.ssl

import java.io.IOException

/**
 * OkHttp for Android names it in a `catch`, and a JVM's verifier, unlike a phone's, wants every such class to
 * be there. Android 14, which the tests run on, does not have it yet.
 */
@Suppress("unused")
internal class InvalidEchDataException : IOException()
