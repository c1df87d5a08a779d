package org.wardkey.app.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Test

/** What the finished APK asks of the phone and lays open to other apps: exactly this and nothing more. */
internal class ManifestTest {
    private val manifest = Apk.manifest
    private val application = manifest.one("application")

    @Test
    fun `asks for these permissions and no others`() = assertEquals(
        setOf(
            "android.permission.INTERNET", // the tunnel service
            "android.permission.ACCESS_NETWORK_STATE", // to say "no network" rather than "failed"
            "android.permission.BLUETOOTH_ADVERTISE", // the proximity advert
            "android.permission.CAMERA", // the QR code
            "android.permission.FOREGROUND_SERVICE", // a ceremony whose person looks away
            "android.permission.FOREGROUND_SERVICE_CONNECTED_DEVICE", // the same
            "android.permission.USE_BIOMETRIC", // user verification
        ),
        (manifest.all("uses-permission") + manifest.all("uses-permission-sdk-23")).map { it["name"] }.toSet(),
    )

    @Test
    fun `defines no permission of its own`() = assertEquals(emptyList<Any>(), manifest.all("permission"))

    @Test
    fun `lays these components open and no others`() = assertEquals(
        mapOf(
            "org.wardkey.app.screens.HomeActivity" to null,
            "org.wardkey.app.hybrid.CeremonyActivity" to null, // FIDO: links
            "org.wardkey.app.provider.PasskeyProviderService" to
                "android.permission.BIND_CREDENTIAL_PROVIDER_SERVICE",
        ),
        components().filter { it["exported"] != "false" }.associate { it["name"] to it["permission"] },
    )

    @Test
    fun `keeps one service in the foreground, for what is done over Bluetooth`() {
        val connectedDevice = "0x00000010"
        val services = application.all("service").filter { it["foregroundServiceType"] != null }
        assertEquals(
            listOf("org.wardkey.app.hybrid.CeremonyService" to connectedDevice),
            services.map { it["name"] to it["foregroundServiceType"] },
        )
    }

    @Test
    fun `says of every component whether it is exported`() =
        components().forEach { assertNotNull(it["name"], it["exported"]) }

    @Test
    fun `keeps backups, cleartext and copies of native code off`() {
        assertEquals("false", application["allowBackup"])
        assertEquals("false", application["usesCleartextTraffic"])
        assertEquals("false", application["extractNativeLibs"])
        assertNotNull(application["dataExtractionRules"])
        assertNotNull(application["networkSecurityConfig"])
    }

    @Test
    fun `runs on Android 14 and is made for 16`() {
        val sdk = manifest.one("uses-sdk")
        assertEquals("34", sdk["minSdkVersion"])
        assertEquals("36", sdk["targetSdkVersion"])
    }

    @Test
    fun `needs no feature that would keep it off a phone`() = assertEquals(
        emptyList<String>(),
        manifest.all("uses-feature").filter { it["required"] != "false" }.map { it["name"] },
    )

    @Test
    fun `cannot be mistaken for the other variant`() {
        val badging = Apk.run("aapt2", "dump", "badging", Apk.file.path)
        val label = Regex("application-label[^:]*:'([^']*)'")
        val labels = label.findAll(badging).map { it.groupValues[1] }.toSet()
        assertEquals(setOf(if (Apk.isDebug) "Wardkey DEBUG" else "Wardkey"), labels)
        assertEquals(if (Apk.isDebug) "org.wardkey.app.debug" else "org.wardkey.app", manifest["package"])
        assertEquals(if (Apk.isDebug) "true" else null, application["debuggable"])
    }

    private fun components() = listOf("activity", "activity-alias", "service", "receiver", "provider")
        .flatMap(application::all)
}
