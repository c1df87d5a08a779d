package org.wardkey.app.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

/** Whom the finished APK believes on the network, and that it says nothing in the clear. */
internal class NetworkSecurityTest {
    private val configuration: ManifestElement by lazy {
        val reference = checkNotNull(Apk.manifest.one("application")["networkSecurityConfig"])
        Apk.xml(Apk.fileOf(reference))
    }

    @Test
    fun `the manifest allows no cleartext either, for what does not read the configuration`() =
        assertEquals("false", Apk.manifest.one("application")["usesCleartextTraffic"])

    @Test
    fun `cleartext is refused everywhere, without exception`() {
        assertEquals("network-security-config", configuration.tag)
        assertEquals("false", configuration.one("base-config")["cleartextTrafficPermitted"])
        assertEquals("no domain has rules of its own", emptyList<Any>(), configuration.all("domain-config"))
    }

    /** An authority that a user installed, or was made to install, can read the tunnel. */
    @Test
    fun `only the authorities that came with the phone are trusted`() {
        assertEquals(listOf("system"), anchorsOf(configuration.one("base-config")))
        val certificates = configuration.one("base-config").one("certificates")
        assertNull("pins stay in force", certificates["overridePins"])
    }

    /** Android reads these in a debuggable app alone; a release does not even have them. */
    @Test
    fun `a tester's own authority is trusted by the debug variant alone`() = assertEquals(
        if (Apk.isDebug) listOf("user") else emptyList(),
        configuration.all("debug-overrides").flatMap(::anchorsOf),
    )

    private fun anchorsOf(part: ManifestElement) = part.all("certificates").map { it["src"] }
}
