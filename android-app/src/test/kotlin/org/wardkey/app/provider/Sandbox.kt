package org.wardkey.app.provider

import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.json.JSONObject
import org.wardkey.app.fakes.x509
import java.io.File
import java.security.KeyStore
import java.security.cert.X509Certificate
import java.util.Base64
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/**
 * The project's relying party as a process of its own, `wardkey sandbox`, which trusts keys that [root]
 * vouches for. Ends with [close].
 */
internal class Sandbox(root: X509Certificate, folder: File) : AutoCloseable {
    private val process: Process
    private val client: OkHttpClient

    /** Its pages' origin. */
    val origin: String

    init {
        val program = File(System.getProperty("jna.library.path"), "wardkey")
        check(program.canExecute()) { "$program is missing: cargo build -p wardkey" }
        val trusted = File(folder, "root.pem").apply { writeText(pem(root)) }
        process = ProcessBuilder(
            program.path, "--json", "sandbox", "--listen", "127.0.0.1:0",
            "--trust", trusted.path, "--authority", File(folder, "authority").path,
        ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val ready = JSONObject(checkNotNull(process.inputReader().readLine()) { "the sandbox did not start" })
        origin = ready.getString("origin")
        client = clientTrusting(certificateIn(File(ready.getString("certificate"))))
    }

    /** What the interface answers to [body] at [path]: the status and the JSON. */
    fun post(path: String, body: JSONObject): Pair<Int, JSONObject> {
        val json = body.toString().toRequestBody("application/json".toMediaType())
        val request = Request.Builder().url("$origin$path").post(json).build()
        return client.newCall(request).execute().use { it.code to JSONObject(it.body.string()) }
    }

    override fun close() {
        process.destroy()
        check(process.waitFor(10, TimeUnit.SECONDS)) { "the sandbox does not end" }
    }

    private fun clientTrusting(authority: X509Certificate): OkHttpClient {
        val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply {
            load(null)
            setCertificateEntry("authority", authority)
        }
        val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
            .apply { init(store) }.trustManagers.filterIsInstance<X509TrustManager>().single()
        val context = SSLContext.getInstance("TLS").apply { init(null, arrayOf(trust), null) }
        return OkHttpClient.Builder().sslSocketFactory(context.socketFactory, trust).build()
    }

    private fun certificateIn(file: File): X509Certificate {
        val base64 = file.readLines().filterNot { it.startsWith("-----") }.joinToString("")
        return x509(Base64.getDecoder().decode(base64))
    }

    private fun pem(certificate: X509Certificate): String {
        val base64 = Base64.getMimeEncoder().encodeToString(certificate.encoded)
        return "-----BEGIN CERTIFICATE-----\n$base64\n-----END CERTIFICATE-----\n"
    }
}
