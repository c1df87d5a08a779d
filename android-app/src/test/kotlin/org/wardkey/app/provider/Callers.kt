package org.wardkey.app.provider

import android.content.pm.Signature
import android.content.pm.SigningInfo
import android.os.Bundle
import android.service.credentials.CallingAppInfo
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow
import java.security.MessageDigest

internal const val BROWSER = "org.example.browser"
internal const val PLAY_SERVICES = "com.google.android.gms"

/** A browser signed by two parties, both on the list. */
internal const val CO_SIGNED = "org.example.cosigned"

/** What Android calls a signature is the signer's certificate; any bytes do. */
internal val BROWSER_CERTIFICATE = "the browser's certificate".toByteArray()
internal val PLAY_CERTIFICATE = "the certificate of Play services".toByteArray()
internal val APP_CERTIFICATE = "an app's certificate".toByteArray()

internal const val ORIGIN = "https://login.example.org"

/** The caller as the framework describes it; [past] are its earlier certificates, oldest first. */
internal fun caller(
    name: String,
    signers: List<ByteArray>,
    origin: String? = null,
    past: List<ByteArray> = emptyList(),
): CallingAppInfo {
    val info = Shadow.newInstanceOf(SigningInfo::class.java)
    shadowOf(info).setSignatures(signers.map(::Signature).toTypedArray())
    if (past.isNotEmpty()) {
        shadowOf(info).setPastSigningCertificates((past + signers).map(::Signature).toTypedArray())
    }
    return CallingAppInfo(name, info, origin)
}

internal fun browser(origin: String? = ORIGIN) = caller(BROWSER, listOf(BROWSER_CERTIFICATE), origin)

internal fun nativeApp() = caller("org.example.app", listOf(APP_CERTIFICATE))

internal fun sha256(bytes: ByteArray): ByteArray = MessageDigest.getInstance("SHA-256").digest(bytes)

/** As lists of privileged apps and asset links write it. */
internal fun fingerprint(certificate: ByteArray): String =
    sha256(certificate).joinToString(":") { "%02X".format(it) }

/** A list of privileged apps, each with its certificates. */
internal fun privilegedListOf(vararg apps: Pair<String, List<ByteArray>>): String {
    val entries = apps.joinToString { (name, certificates) ->
        val signatures = certificates.joinToString {
            """{"build": "release", "cert_fingerprint_sha256": "${fingerprint(it)}"}"""
        }
        """{"type": "android", "info": {"package_name": "$name", "signatures": [$signatures]}}"""
    }
    return """{"apps": [$entries]}"""
}

/** Where the site of these tests says which apps are its own. */
internal const val STATEMENTS = "https://$RP_ID/.well-known/assetlinks.json"

/** What a site may say without naming [nativeApp]. */
internal val STATEMENTS_OF_OTHERS = listOf(
    "[]",
    assetLinks("org.example.other", APP_CERTIFICATE),
    assetLinks("org.example.app", BROWSER_CERTIFICATE),
    assetLinks("org.example.app", APP_CERTIFICATE, relation = "handle_all_urls"),
    "{",
    "",
    "null",
)

/** Adds a hash of client data to a request. */
internal val WITH_HASH: Bundle.() -> Unit = {
    putByteArray("androidx.credentials.BUNDLE_KEY_CLIENT_DATA_HASH", clientDataHash())
}

/** A site's statement that the app [name] signed with [certificate] is its own. */
internal fun assetLinks(name: String, certificate: ByteArray, relation: String = "get_login_creds") = """
    [{
        "relation": ["delegate_permission/common.$relation"],
        "target": {
            "namespace": "android_app",
            "package_name": "$name",
            "sha256_cert_fingerprints": ["${fingerprint(certificate)}"]
        }
    }]
""".trimIndent()
