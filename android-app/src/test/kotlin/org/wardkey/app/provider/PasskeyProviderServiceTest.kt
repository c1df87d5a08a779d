package org.wardkey.app.provider

import android.content.Intent
import android.content.pm.PackageManager
import android.service.credentials.CredentialProviderService
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.xmlpull.v1.XmlPullParser

@RunWith(RobolectricTestRunner::class)
internal class PasskeyProviderServiceTest {
    @Test
    fun `Android finds the service, behind its permission, with what it can do`() {
        val packages = RuntimeEnvironment.getApplication().packageManager
        val asked = Intent(CredentialProviderService.SERVICE_INTERFACE)
        val service = packages.queryIntentServices(asked, PackageManager.GET_META_DATA).single().serviceInfo
        assertEquals(PasskeyProviderService::class.java.name, service.name)
        assertEquals("android.permission.BIND_CREDENTIAL_PROVIDER_SERVICE", service.permission)
        assertTrue(service.exported)
        val described = service.loadXmlMetaData(packages, CredentialProviderService.SERVICE_META_DATA)
        val names = generateSequence { described.next().takeIf { it != XmlPullParser.END_DOCUMENT } }
            .filter { it == XmlPullParser.START_TAG && described.name == "capability" }
            .map { described.getAttributeValue(null, "name") }
            .toList()
        assertEquals(listOf("androidx.credentials.TYPE_PUBLIC_KEY_CREDENTIAL"), names)
    }
}
